"""The student's cluster, as the start page shows it, and how it becomes as new while JupyterLab runs in it."""

from __future__ import annotations

from dataclasses import dataclass

from course import cluster as clusters
from course import kubectl
from course.checks.namespace import remove_namespace
from course.cluster.base import Reset
from course.cluster.embedded import Embedded
from course.errors import ClusterError, LabError
from course.language import _
from course.memory import Memory, read

_ENDS_WITHIN = 90.0
_NO_BASELINE = "there is no baseline"  # podling's words, keeper/pristine.go
_SYSTEM = ("kube-", "local-path-")
_OF_DEFAULT = "metadata.name!=kubernetes,metadata.name!=kube-root-ca.crt,metadata.name!=default"
"""Of the namespace `default`, all but what every cluster has there."""
_MADE_BY_OTHERS = frozenset(
    {"endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io"}
)


@dataclass(frozen=True)
class Seen:
    """What the page says of the cluster.

    Attributes:
        name: the cluster's.
        state: one word of `Status`.
        message: what it says more, or why it could not be asked.
        nodes: (name, address, whether it is ready) of each.
        memory: this session's.
    """

    name: str
    state: str
    message: str = ""
    nodes: tuple[tuple[str, str, bool], ...] = ()
    memory: Memory | None = None


def seen() -> Seen:
    """The cluster that this notebook works on, now."""
    cluster = clusters.current()
    try:
        status = cluster.status()
    except LabError as problem:
        return Seen(cluster.name, "unknown", str(problem), memory=read())
    nodes = tuple((node.name, node.address, node.ready) for node in status.nodes)
    return Seen(cluster.name, status.state, status.message, nodes, read())


def as_new() -> str:
    """Make the cluster as new; what runs in its network, JupyterLab too, goes on. Returns what was done.

    Raises:
        LabError: it could not be done, or not be verified.
    """
    cluster = clusters.current()
    if isinstance(cluster, Embedded) and (done := _to_baseline(cluster)):
        return _(
            "The cluster is as new: {objects} objects are gone or as they were, {pods} Pods have ended. "
            "What was changed on its machines themselves (files, images) stays.",
            objects=done.deleted + done.restored,
            pods=done.pods,
        )
    empty()
    return _(
        "The namespaces are empty as in a new cluster. Objects that are in no namespace, and what was "
        "changed on the machines themselves, stay."
    )


def _to_baseline(cluster: Embedded) -> Reset | None:
    """What the reset did; None where nobody remembered what the cluster was when new."""
    try:
        return cluster.reset_to_baseline()
    except ClusterError as problem:
        if _NO_BASELINE in problem.message:
            return None
        again = _("End JupyterLab and start it again: that gives a new cluster.")
        raise ClusterError(problem.message, again) from problem


def empty() -> None:
    """Delete every namespace that is not the cluster's own, and what was made in `default`."""
    names = [one["metadata"]["name"] for one in kubectl.get_all("namespace")]
    remove_namespace(
        *(name for name in names if name != "default" and not name.startswith(_SYSTEM)),
        deadline=_ENDS_WITHIN,
    )
    listed = ["api-resources", "--namespaced", "--verbs=list,delete", "--output=name"]
    kinds = [
        kind
        for kind in kubectl.run(listed).check().stdout.split()
        if kind not in _MADE_BY_OTHERS and not kind.startswith("events")
    ]
    kubectl.run(
        ["delete", ",".join(kinds), "--namespace=default", f"--field-selector={_OF_DEFAULT}",
         "--grace-period=1", "--ignore-not-found"],
        deadline=_ENDS_WITHIN,
    ).check()  # fmt: skip
