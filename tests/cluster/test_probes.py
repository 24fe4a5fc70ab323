"""Startup, readiness and liveness probes are the kubelet's own."""

from __future__ import annotations

from tests.cluster.kube import DEADLINE, Kube, container, pod, shell
from tests.faults.traces import until


def test_a_pod_is_ready_when_its_readiness_probe_says_so(kube: Kube) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1}
    kube.apply(pod("shy", shell("sleep 1000", readinessProbe=probe)))
    kube.wait("jsonpath={.status.phase}=Running", "pod/shy")
    kube.wait("condition=Ready=false", "pod/shy")
    kube.run("exec", "shy", "--", "touch", "/tmp/ready")
    kube.ready("shy")
    kube.run("exec", "shy", "--", "rm", "/tmp/ready")
    kube.wait("condition=Ready=false", "pod/shy")


def test_a_failing_liveness_probe_restarts_the_container(kube: Kube) -> None:
    probe = {
        "httpGet": {"path": "/", "port": 80},
        "periodSeconds": 1,
        "timeoutSeconds": 10,  # a slow answer is no failure
        "failureThreshold": 1,
    }
    # Until nginx listens, the liveness probe must not look: its first failure would be a restart.
    starts = probe | {"failureThreshold": 60}
    web = container("web", "nginx:1.22", startupProbe=starts, livenessProbe=probe)
    kube.apply(pod("web", web))
    kube.ready("web")
    kube.run("exec", "web", "--", "rm", "/usr/share/nginx/html/index.html")
    kube.wait("jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/web")
    kube.ready("web")
    for words in (
        "Liveness probe failed: HTTP probe failed with statuscode: 403",
        "failed liveness probe, will be restarted",
    ):
        until(lambda words=words: words in kube.run("get", "events").stdout, DEADLINE, words)


def test_tcp_probes_reach_the_pods_port(kube: Kube) -> None:
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 1}
    kube.apply(
        pod("listens", container("web", "nginx:1.22", readinessProbe=probe)),
        pod("does-not", shell("sleep 1000", readinessProbe=probe)),
    )
    kube.ready("listens")
    kube.wait("jsonpath={.status.phase}=Running", "pod/does-not")
    kube.wait("condition=Ready=false", "pod/does-not")
    assert "Readiness probe failed: dial tcp" in events_of(kube, "does-not")


def events_of(kube: Kube, name: str) -> str:
    """The events of a pod, once its probe has failed a first time."""
    failed = f"--field-selector=involvedObject.name={name},reason=Unhealthy"
    # `kubectl wait` ends at once where there is no such event yet.
    until(lambda: kube.run("get", "events", failed, "-o", "name").stdout, DEADLINE, "Unhealthy")
    return kube.run("get", "events", f"--field-selector=involvedObject.name={name}").stdout


def test_a_startup_probe_holds_the_others_back(kube: Kube) -> None:
    kube.apply(
        pod(
            "slow",
            shell(
                "sleep 2; touch /tmp/up; sleep 1000",
                startupProbe={
                    "exec": {"command": ["test", "-e", "/tmp/up"]},
                    "periodSeconds": 1,
                    "failureThreshold": 30,
                },
                livenessProbe={
                    "exec": {"command": ["test", "-e", "/tmp/up"]},
                    "periodSeconds": 1,
                    "failureThreshold": 1,
                },
            ),
        )
    )
    kube.ready("slow")
    status = kube.get("pod", "slow")["status"]["containerStatuses"][0]
    assert status["restartCount"] == 0
