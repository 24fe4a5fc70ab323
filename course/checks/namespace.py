"""A namespace of an exercise's own, empty at its start."""

from __future__ import annotations

from course import api, kubectl
from course.errors import ClusterError
from course.language import _


def fresh_namespace(*names: str, deadline: float = 90) -> None:
    """Make empty namespaces; those of these names that are there are deleted first, with all in them.

    Returns when a Pod can be created in each (its default ServiceAccount is there). Seconds.

    Raises:
        ClusterError: a name is one of the cluster's own namespaces.
        CommandTimeoutError: an old namespace was not gone, or a new one not ready, in time.
    """
    remove_namespace(*names, deadline=deadline)
    for name in names:
        kubectl.run(["create", "namespace", name], deadline=deadline).check()
    wait = ["wait", "--for=create", "serviceaccount/default", f"--timeout={deadline:g}s"]
    for name in names:
        kubectl.run([*wait, "--namespace", name], deadline=deadline + 5).check()
    if len(names) == 1:
        print(_("The namespace {name} is there, and empty.", name=names[0]))
    else:
        print(_("The namespaces {names} are there, and empty.", names=", ".join(names)))


def remove_namespace(*names: str, deadline: float = 90) -> None:
    """Delete namespaces and all in them, at the same time, and wait until they are gone.

    Nothing happens where there are none.
    """
    for name in names:
        if name == "default" or name.startswith("kube-"):
            raise ClusterError(
                _("The namespace {name} is the cluster's own and is not emptied.", name=name),
                _("Choose another name."),
            )
    every = {one["metadata"]["name"] for one in api.get_all("namespace")}
    there = [name for name in names if name in every]
    if not there:
        return
    # A container that ignores SIGTERM would hold the namespace for 30 s; an exercise's Pods get one second.
    for name in there:
        pods = ["delete", "pods", "--all", "--namespace", name, "--grace-period=1", "--wait=false"]
        kubectl.run(pods, deadline=deadline).check()
    kubectl.run(["delete", "namespace", *there, "--ignore-not-found"], deadline=deadline).check()
