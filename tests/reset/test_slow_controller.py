"""A controller that reads too slowly for the API server hears all the same of everything that a reset deletes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from course import kubectl
from tests.cluster.kube import DEADLINE
from tests.faults import traces
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

GHOSTS = 60
PADDING = "x" * 250_000
"""What is told of the Pods' ends is more than the connection of a stopped reader takes: some 4 MB."""

HAUNTED = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "haunted"}}
SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "ghost", "namespace": "haunted"},
    "spec": {"selector": {"app": "ghost"}, "ports": [{"port": 80}]},
}  # fmt: skip
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "of-no-kubelet"}}


def ghost(number: int) -> dict[str, Any]:
    """A Pod that nothing runs."""
    meta = {"name": f"ghost-{number}", "namespace": "haunted", "labels": {"app": "ghost"}}
    spec = {"nodeName": "of-no-kubelet", "containers": [{"name": "main", "image": "busybox:1.35"}]}
    padded = {**meta, "annotations": {"padding": PADDING}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": padded, "spec": spec}


def running(number: int) -> dict[str, Any]:
    """The status that its kubelet would give it."""
    address, meta = f"10.244.9.{number + 1}", {"name": f"ghost-{number}", "namespace": "haunted"}
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "status": status}


def test_no_pod_of_before_stands_behind_a_service(pool: Pool) -> None:
    """A watch goes on after a revision: what the same one deleted and was not told yet would never be told."""
    pool.apply(HAUNTED, SERVICE, NODE)
    send(pool, "create", map(ghost, range(GHOSTS)))
    send(pool, "apply", map(running, range(GHOSTS)), "--server-side", "--subresource=status")
    traces.until(
        lambda: endpoints(pool) == GHOSTS, DEADLINE, lambda: f"{endpoints(pool)} endpoints"
    )
    closed = closed_watches(pool)
    with traces.halted(pool.pid("controller-manager")):
        pool.cluster.reset_to_baseline()
        traces.until(
            lambda: closed_watches(pool) > closed, DEADLINE, "the API server closes a watch"
        )
    pool.apply(HAUNTED, NODE, SERVICE)
    traces.until(lambda: slices(pool), DEADLINE, "the Service has its slice")
    assert endpoints(pool) == 0
    pool.reset()


def send(pool: Pool, verb: str, objects: Any, *options: str) -> None:
    pool.kube.command(
        ["kubectl", verb, *options, "-f", "-"], input=kubectl.documents(list(objects))
    )


def slices(pool: Pool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pool.kube.get("endpointslices", "-n", "haunted")["items"]
    return found


def endpoints(pool: Pool) -> int:
    return sum(len(one.get("endpoints") or []) for one in slices(pool))


def closed_watches(pool: Pool) -> int:
    """How many watches of Pods the API server has closed because nobody read on."""
    text = pool.kube.run("get", "--raw", "/metrics").stdout
    counts = re.findall(r'^apiserver_terminated_watchers_total\{.*"pods".*\} (\d+)', text, re.M)
    return sum(map(int, counts))
