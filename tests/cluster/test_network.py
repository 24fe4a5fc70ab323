"""Services and names, from pods and from the lab's own commands."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cluster.kube import SERVES, Kube, container, pod, service, shell


@pytest.fixture(scope="module")
def webs(module_kube: Kube) -> Kube:
    """Three web servers that answer with their names, behind a Service, and a client.

    The tests share them: what one changes, it puts back.
    """
    kube = module_kube
    say = "hostname > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'"
    kube.apply(
        *[
            pod(
                f"web-{i}",
                container(image="nginx:1.22", command=["sh", "-c", say], readinessProbe=SERVES),
                labels={"app": "web"},
            )
            for i in range(3)
        ],
        service("web", {"app": "web"}),
        pod("client", shell("sleep 1000", "box"), labels={"app": "client"}),
    )
    kube.ready("web-0", "web-1", "web-2", "client")
    kube.endpoints("web", 3)
    return kube


def cluster_ip(kube: Kube, name: str) -> str:
    ip: str = kube.get("service", name)["spec"]["clusterIP"]
    return ip


def fetch(kube: Kube, url: str, count: int = 1) -> list[str]:
    script = f"for i in $(seq {count}); do wget -qO- {url}; done"
    return kube.run("exec", "client", "--", "sh", "-c", script).stdout.split()


def test_a_service_address_is_balanced_over_its_ready_pods(webs: Kube) -> None:
    ip = cluster_ip(webs, "web")
    assert ip.startswith("10.96.")
    for answers in (
        fetch(webs, f"http://{ip}/", 30),
        webs.shell("sh", "-c", f"for i in $(seq 30); do curl -sS -m 5 {ip}; done").split(),
    ):
        assert set(Counter(answers)) == {"web-0", "web-1", "web-2"}


def test_a_pod_that_is_not_ready_gets_no_requests(webs: Kube) -> None:
    webs.run("exec", "web-1", "--", "rm", "/usr/share/nginx/html/index.html")
    webs.wait("condition=Ready=false", "pod/web-1")
    webs.endpoints("web", 2)
    assert set(fetch(webs, "http://web/", 20)) == {"web-0", "web-2"}
    page = "hostname > /usr/share/nginx/html/index.html"
    webs.run("exec", "web-1", "--", "sh", "-c", page)
    webs.ready("web-1")
    webs.endpoints("web", 3)


def test_services_have_names_in_pods(webs: Kube) -> None:
    for name in ("web", f"web.{webs.namespace}", f"web.{webs.namespace}.svc.cluster.local"):
        assert fetch(webs, f"http://{name}/")[0].startswith("web-")
    found = webs.run("exec", "client", "--", "nslookup", f"web.{webs.namespace}.svc.cluster.local")
    assert cluster_ip(webs, "web") in found.stdout


def test_services_have_names_in_the_labs_commands(webs: Kube) -> None:
    name = f"web.{webs.namespace}"
    assert webs.shell("curl", "-sS", "-m", "5", f"http://{name}/").startswith("web-")
    assert webs.shell("curl", "-sS", "-m", "5", f"http://{name}.svc.cluster.local/").startswith(
        "web-"
    )


def test_an_unknown_name_is_not_found(webs: Kube) -> None:
    done = webs.run("exec", "client", "--", "wget", "-qO-", "http://no-such-service/", check=False)
    assert done.returncode != 0
    assert "bad address" in done.stderr


def test_a_service_without_pods_refuses(webs: Kube) -> None:
    webs.apply(service("nobody", {"app": "nobody"}))
    ip = cluster_ip(webs, "nobody")
    webs.shell(
        "sh", "-c", f"for i in $(seq 100); do getent hosts nobody.{webs.namespace} && break; done"
    )
    done = webs.command(webs.enter(["curl", "-sS", "-m", "5", ip]), check=False)
    assert done.returncode == 7, done.stderr


def test_a_headless_service_names_its_pods(webs: Kube) -> None:
    webs.apply(service("all", {"app": "web"}, clusterIP="None"))
    webs.endpoints("all", 3)
    found = webs.run("exec", "client", "--", "nslookup", f"all.{webs.namespace}.svc.cluster.local")
    for i in range(3):
        assert webs.pod_ip(f"web-{i}") in found.stdout


def test_service_ports_map_to_target_ports_and_node_ports(webs: Kube) -> None:
    webs.run(
        "expose",
        "pod",
        "web-0",
        "--name=other-port",
        "--type=NodePort",
        "--port=8080",
        "--target-port=80",
        "--selector=app=web",
    )
    made = webs.get("service", "other-port")["spec"]
    port = made["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    webs.endpoints("other-port", 3)
    assert webs.shell("curl", "-sS", "-m", "5", f"{made['clusterIP']}:8080").startswith("web-")
    node = webs.get("nodes")["items"][0]["status"]["addresses"][0]["address"]
    assert webs.shell("curl", "-sS", "-m", "5", f"{node}:{port}").startswith("web-")


def test_session_affinity_keeps_a_client_with_a_pod(webs: Kube) -> None:
    webs.apply(service("sticky", {"app": "web"}, sessionAffinity="ClientIP"))
    webs.endpoints("sticky", 3)
    assert len(set(fetch(webs, "http://sticky/", 12))) == 1


def test_localhost_in_the_lab_stays_the_machines(webs: Kube) -> None:
    done = webs.command(webs.enter(["curl", "-sS", "-m", "2", "http://127.0.0.1:1/"]), check=False)
    assert done.returncode == 7  # refused by the machine, not answered by a pod
