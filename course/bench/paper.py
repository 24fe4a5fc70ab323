"""Pods that exist on paper alone: objects on nodes that no kubelet serves, for what shows many Pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMESPACES = ("shop", "mail", "games", "archive", "night")
_NODES = 3


def make(api: Any, count: int) -> list[tuple[str, str]]:
    """Make nodes and `count` running Pods, 1 in 10 of them in trouble; returns (namespace, name) of each.

    The nodes' own controller deletes them some minutes after their nodes have not been heard of.

    Args:
        api: a `CoreV1Api` of the kubernetes package.
        count: how many Pods.
    """
    for number in range(_NODES):
        api.create_node({"metadata": {"name": f"paper-{number}"}})
    for namespace in NAMESPACES:
        api.create_namespace({"metadata": {"name": namespace}})
        _service_account(api, namespace)
    pods = list(_named(count))
    for number, (namespace, name) in enumerate(pods):
        spec = {
            "nodeName": f"paper-{number % _NODES}",
            "containers": [{"name": "main", "image": "busybox:1.35"}],
            "automountServiceAccountToken": False,
        }
        api.create_namespaced_pod(namespace, {"metadata": {"name": name}, "spec": spec})
        set_ready(api, namespace, name, ready=number % 10 != 0)
    return pods


def set_ready(api: Any, namespace: str, name: str, *, ready: bool) -> None:
    """Say of a Pod what a kubelet would: that it is well, or that its container ends again and again."""
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [_container(ready)],
    }
    api.patch_namespaced_pod_status(name, namespace, {"status": status})


def _container(ready: bool) -> Mapping[str, Any]:
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}
    state = {"running": {}} if ready else {"waiting": waiting}
    known = {"name": "main", "image": "busybox:1.35", "imageID": "", "restartCount": 0}
    return {**known, "ready": ready, "state": state}


def _named(count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        yield NAMESPACES[number % len(NAMESPACES)], f"paper-{number:04d}"


def _service_account(api: Any, namespace: str) -> None:
    """Pods need one; the cluster's own controller makes it a moment later, or has made it already."""
    from kubernetes.client.exceptions import ApiException

    try:
        api.create_namespaced_service_account(namespace, {"metadata": {"name": "default"}})
    except ApiException as problem:
        if problem.status != 409:  # it is there
            raise
