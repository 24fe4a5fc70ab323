"""A cluster full of things, and changed in its own: pristine after a reset, and as good as new."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cluster.kube import DEADLINE, nginx, once, pod, service, shell
from tests.faults import traces
from tests.reset import things
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

CAT = {"apiVersion": "kubelab.test/v1", "kind": "Cat", "metadata": {"name": "tom"}}


def spoil(pool: Pool) -> None:
    """Makes everything, and changes and deletes what was there."""
    kube, node = pool.kube, "pool-control-plane"
    pool.apply(*things.everything())
    kube.wait("condition=Established", "crd/cats.kubelab.test")
    kube.apply(CAT)
    kube.run("-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s", timeout=70)
    for these in ("!job-name", "job-name=task"):  # not nightly's, which end and are never Ready
        kube.run("wait", "--for=condition=Ready", "pod", "-l", these, "--timeout=60s", timeout=70)
    kube.run("delete", "namespace", "stuck", "--wait=false")
    kube.run("delete", "pod", "held", "--wait=false")
    kube.run("delete", "serviceaccount", "default")
    kube.run("delete", "configmap", "kube-root-ca.crt")
    kube.run("label", "namespace", "default", "team=red")
    kube.run("label", "node", node, "disk=ssd")
    kube.run("annotate", "node", node, "note=mine")
    kube.run("taint", "node", node, "mine=1:NoExecute")
    kube.run("cordon", node)
    kube.run("delete", "clusterrole", "view")
    kube.run("label", "clusterrole", "edit", "mine=1")
    pool.apply(*things.last())


def test_a_cluster_full_of_things_is_pristine_after_a_reset(pool: Pool) -> None:
    spoil(pool)
    assert pool.alive(things.MARKER)
    differs = pool.cluster.differs_from_baseline()
    assert len(differs) == 21  # 20 keys, and how many pods there are
    assert "on the nodes" in differs[-1]
    before = pool.kube.get("node", "pool-control-plane")["status"]["conditions"]
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    done = pool.reset()
    assert done.pods >= 14
    assert done.deleted > 40
    assert done.restored >= 8
    assert not done.left
    pool.runs_nothing()
    after = pool.kube.get("node", "pool-control-plane")
    is_as_before(after["status"]["conditions"], before)
    assert "taints" not in after["spec"]
    assert not pool.kube.run("get", "pods", "-A", "--no-headers").stdout
    # An event is no difference: one of a container's end may come after the reset, none from before.
    events = pool.kube.get("events", "-A")["items"]
    assert [e for e in events if e["metadata"]["creationTimestamp"] < began] == []

    pool.kube.apply(pod("held", shell("sleep 1000")), pod("db-0", shell("sleep 1000")))
    pool.kube.ready("held", "db-0")
    pool.kube.run("create", "namespace", "shop")
    pool.apply(*(o for o in things.everything() if o["kind"] == "Service"))
    assert pool.kube.run("get", "cats", check=False).returncode
    pool.reset()


def is_as_before(after: list[dict[str, Any]], before: list[dict[str, Any]]) -> None:
    """Holds a node's conditions to be as they were, not the baseline's; the kubelet's heart beats on."""
    for new, old in zip(after, before, strict=True):
        assert new.pop("lastHeartbeatTime") >= old.pop("lastHeartbeatTime")
    assert after == before


def test_services_and_names_work_after_a_reset(pool: Pool) -> None:
    def answers(name: str) -> bool:
        ask = pool.kube.enter(["curl", "-sS", "-m", "5", f"http://{name}"])
        return "Welcome to nginx!" in pool.kube.command(ask, check=False).stdout

    web: list[dict[str, Any]] = [
        pod("web", nginx()),
        service("web", {"app": "web"}, type="NodePort"),
    ]
    for _ in range(2):
        pool.kube.apply(*web)
        pool.kube.ready("web")
        traces.until(lambda: answers("web.default"), DEADLINE, "the Service answers by its name")
        asks = shell("wget -q -O /dev/null http://web.default.svc.cluster.local")
        pool.kube.apply({**once("asks", ""), **pod("asks", asks, restartPolicy="Never")})
        pool.kube.ended("asks")
        pool.reset()
        pool.runs_nothing()
        assert not answers("web.default")


def test_the_student_has_an_identity_and_no_rights(pool: Pool) -> None:
    config = pool.cluster.student_kubeconfig
    assert config.stat().st_mode & 0o777 == 0o600
    student = ["--kubeconfig", str(config)]
    who = pool.kube.run(*student, "auth", "whoami").stdout
    assert "student" in who
    assert "kubelab:students" in who
    refused = pool.kube.run(*student, "get", "pods", check=False)
    assert 'User "student" cannot list resource "pods"' in refused.stderr
