"""A pod's life, as on any cluster."""

from __future__ import annotations

import pytest

from tests.cluster.kube import Kube, container, nginx, once, pod, shell


def test_a_pod_runs_and_answers_on_its_address(kube: Kube) -> None:
    kube.apply(pod("web", nginx()))
    kube.ready("web")
    ip = kube.pod_ip("web")
    assert ip.startswith("10.244.")
    assert "Welcome to nginx!" in kube.shell("curl", "-sS", "-m", "5", ip)
    assert "nginx/1.22" in kube.shell("curl", "-sSI", "-m", "5", f"http://{ip}:80/")


def test_an_image_without_a_tag_is_latest(kube: Kube) -> None:
    kube.run("run", "web", "--image=nginx")
    kube.ready("web")
    status = kube.get("pod", "web")["status"]["containerStatuses"][0]
    assert status["image"] == "docker.io/library/nginx:latest"
    assert "@sha256:" in status["imageID"]


def test_restart_policies(kube: Kube) -> None:
    kube.apply(
        once("ends", "exit 0"),
        once("fails", "exit 3"),
        pod("again", shell("exit 4"), restartPolicy="OnFailure"),
    )
    kube.ended("ends")
    kube.ended("fails", "Failed")
    state = kube.get("pod", "fails")["status"]["containerStatuses"][0]["state"]
    assert state["terminated"]["exitCode"] == 3
    assert state["terminated"]["reason"] == "Error"
    # Which stays true, while a count of restarts goes on.
    last = "{.status.containerStatuses[0].lastState.terminated.exitCode}"
    kube.wait(f"jsonpath={last}=4", "pod/again")


def test_a_command_that_does_not_exist_is_a_start_error(kube: Kube) -> None:
    kube.apply(pod("typo", container(command=["no-such-program"]), restartPolicy="Never"))
    kube.ended("typo", "Failed")
    ended = kube.get("pod", "typo")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["reason"] == "StartError"
    assert "no-such-program" in ended["message"]
    assert "not found" in ended["message"]


def test_init_containers_run_in_order_before_the_others(kube: Kube) -> None:
    mounts = [{"name": "shared", "mountPath": "/shared"}]
    kube.apply(
        once(
            "ordered",
            "cat /shared/log",
            container={"volumeMounts": mounts},
            initContainers=[
                shell("echo first >> /shared/log", "one", volumeMounts=mounts),
                shell("echo second >> /shared/log", "two", volumeMounts=mounts),
            ],
            volumes=[{"name": "shared", "emptyDir": {}}],
        )
    )
    kube.ended("ordered")
    assert kube.logs("ordered") == "first\nsecond\n"


def test_a_native_sidecar_runs_beside_a_job_and_ends_with_it(kube: Kube) -> None:
    sidecar = shell("echo up; sleep 1000", "helper", restartPolicy="Always")
    kube.apply(once("with-sidecar", "echo done", initContainers=[sidecar]))
    kube.ended("with-sidecar")
    assert kube.logs("with-sidecar", "-c", "helper") == "up\n"


def test_containers_of_a_pod_share_localhost_and_volumes(kube: Kube) -> None:
    page = [{"name": "pages", "mountPath": "/usr/share/nginx/html"}]
    kube.apply(
        pod(
            "pair",
            nginx(volumeMounts=page),
            shell(  # a page is there whole, or not at all: Ready says which
                "cd /pages; echo from the sidecar > new; mv new index.html; sleep 1000",
                "writer",
                volumeMounts=[{"name": "pages", "mountPath": "/pages"}],
            ),
            volumes=[{"name": "pages", "emptyDir": {}}],
        )
    )
    kube.ready("pair")
    answer = kube.run("exec", "pair", "-c", "writer", "--", "wget", "-qO-", "http://localhost/")
    assert answer.stdout == "from the sidecar\n"
    assert kube.shell("curl", "-sS", "-m", "5", kube.pod_ip("pair")) == "from the sidecar\n"


def test_two_pods_may_listen_on_the_same_port(kube: Kube) -> None:
    kube.apply(pod("one", nginx()), pod("two", nginx()))
    kube.ready("one", "two")
    assert kube.pod_ip("one") != kube.pod_ip("two")
    for name in "one", "two":
        kube.run("exec", name, "--", "sh", "-c", f"echo {name} > /usr/share/nginx/html/index.html")
    for name in "one", "two":
        assert kube.shell("curl", "-sS", "-m", "5", kube.pod_ip(name)) == f"{name}\n"


def test_the_host_name_is_the_pods(kube: Kube) -> None:
    kube.apply(once("named", "hostname; cat /etc/hostname; grep named /etc/hosts"))
    kube.ended("named")
    name, file, hosts = kube.logs("named").splitlines()
    assert (name, file) == ("named", "named")
    assert hosts.split() == [kube.pod_ip("named"), "named"]


def test_an_unknown_image_says_so_in_the_registrys_words(kube: Kube) -> None:
    kube.run("run", "unknown", "--image=no-such-image:9")
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}="
    kube.wait(waiting + "ErrImagePull", "pod/unknown", timeout=30)
    # The kubelet looks again after 10 s, or when the pod changes.
    kube.run("annotate", "pod", "unknown", "sync=now")
    kube.wait(waiting + "ImagePullBackOff", "pod/unknown", timeout=40)
    events = kube.run("get", "events", "--field-selector=involvedObject.name=unknown").stdout
    assert 'Pulling image "no-such-image:9"' in events
    assert "docker.io/library/no-such-image:9" in events
    assert "not found" in events.lower()


def test_a_bad_image_name_is_an_invalid_image_name(kube: Kube) -> None:
    kube.apply(pod("bad", container(image="Nginx")))
    kube.wait(
        "jsonpath={.status.containerStatuses[0].state.waiting.reason}=InvalidImageName", "pod/bad"
    )


def test_delete_ends_the_pod_and_force_ends_it_at_once(kube: Kube) -> None:
    kube.apply(pod("stubborn", shell("trap '' TERM; while :; do sleep 1; done")))
    kube.apply(pod("gentle", shell("trap 'exit 0' TERM; while :; do sleep 0.1; done")))
    kube.ready("stubborn", "gentle")
    ip = kube.pod_ip("gentle")
    kube.run("delete", "pod", "gentle")
    said = kube.run("delete", "pod", "stubborn", "--force")
    assert "Immediate deletion does not wait" in said.stderr
    assert kube.get("pods")["items"] == []
    refused = kube.command(kube.enter(["curl", "-m", "5", ip]), check=False)
    assert refused.returncode == 7


def test_lifecycle_hooks_run(kube: Kube) -> None:
    hooks = {
        "postStart": {"exec": {"command": ["sh", "-c", "echo started > /tmp/hook"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "echo stopping > /proc/1/fd/1; sleep 0.2"]}},
    }
    kube.apply(pod("hooked", shell("sleep 1000", lifecycle=hooks)))
    kube.ready("hooked")
    assert kube.run("exec", "hooked", "--", "cat", "/tmp/hook").stdout == "started\n"


def test_words_to_the_first_process_output_are_in_the_log(kube: Kube) -> None:
    kube.apply(
        once("hooked", "cat /proc/1/cmdline | tr '\\0' ' '; echo said >/proc/1/fd/1 || true")
    )
    kube.ended("hooked")
    said = kube.logs("hooked")
    if "podling" not in said:
        pytest.skip("PRoot gives containers the machine's process numbers")
    assert said.endswith("said\n")


def test_a_termination_message_is_reported(kube: Kube) -> None:
    kube.apply(once("last-words", "echo it was the disk > /dev/termination-log; exit 1"))
    kube.ended("last-words", "Failed")
    ended = kube.get("pod", "last-words")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["message"] == "it was the disk\n"


@pytest.mark.parametrize("policy", ["Always", "Never"])
def test_kill_1_in_a_container_ends_it(kube: Kube, policy: str) -> None:
    # Ready when it serves: before that, a signal would meet a process that is not nginx yet.
    kube.apply(pod("web", nginx(), restartPolicy=policy))
    kube.ready("web")
    # The shell is in the container that ends, so how it ended is not said.
    kube.run("exec", "web", "--", "sh", "-c", "kill 1", check=False)
    if policy == "Never":
        kube.ended("web")
    else:
        kube.wait("jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/web")
        kube.ready("web")


def test_the_commands_user_and_directory_are_the_specs(kube: Kube) -> None:
    kube.apply(
        once(
            "as-user",
            "id -u; pwd",
            container={"workingDir": "/tmp", "securityContext": {"runAsUser": 1234}},
        ),
        once("as-root", "id -u; pwd"),
    )
    kube.ended("as-user")
    kube.ended("as-root")
    assert kube.logs("as-user") == "1234\n/tmp\n"
    assert kube.logs("as-root") == "0\n/\n"


def test_a_deployment_and_a_job_work(kube: Kube) -> None:
    kube.run("create", "deployment", "web", "--image=nginx:1.22", "--replicas=3")
    kube.run("create", "job", "count", "--image=busybox:1.35", "--", "sh", "-c", "echo 1 2 3")
    kube.wait("condition=Available", "deployment/web")
    kube.wait("condition=Complete", "job/count")
    assert kube.logs("job/count") == "1 2 3\n"
    kube.run("scale", "deployment/web", "--replicas=1")
    kube.wait("jsonpath={.status.replicas}=1", "deployment/web")
