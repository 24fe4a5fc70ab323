"""A namespace of an exercise's own, empty at its start."""

from __future__ import annotations

from course import kubectl
from course.errors import ClusterError
from course.language import _


def fresh_namespace(name: str, *, deadline: float = 90) -> None:
    """Make an empty namespace; one of this name that is there is deleted first, with all in it.

    Returns when a Pod can be created in it (its default ServiceAccount is there). Seconds.

    Raises:
        ClusterError: the name is one of the cluster's own namespaces.
        CommandTimeoutError: the old namespace was not gone, or the new one not ready, in time.
    """
    if name == "default" or name.startswith("kube-"):
        raise ClusterError(
            _("The namespace {name} is the cluster's own and is not emptied.", name=name),
            _("Choose another name."),
        )
    remove_namespace(name, deadline=deadline)
    kubectl.run(["create", "namespace", name], deadline=deadline).check()
    ready = [
        "wait",
        "--for=create",
        "serviceaccount/default",
        "--namespace",
        name,
        f"--timeout={deadline:g}s",
    ]
    kubectl.run(ready, deadline=deadline + 5).check()
    print(_("The namespace {name} is there, and empty.", name=name))


def remove_namespace(name: str, *, deadline: float = 90) -> None:
    """Delete a namespace and all in it, and wait until it is gone. Nothing happens where there is none."""
    if kubectl.get("namespace", name) is None:
        return
    # A container that ignores SIGTERM would hold the namespace for 30 s; an exercise's Pods get one second.
    pods = ["delete", "pods", "--all", "--namespace", name, "--grace-period=1", "--wait=false"]
    kubectl.run(pods, deadline=deadline).check()
    kubectl.run(["delete", "namespace", name, "--ignore-not-found"], deadline=deadline).check()
