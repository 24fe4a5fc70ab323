"""Where a cluster comes from: one interface, and what stands behind it.

`get` gives the cluster of a name; its own state says which kind it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.cluster.base import Cluster

DEFAULT_NAME = "kubelab"
KINDS = ("embedded", "kind")


def get(name: str = DEFAULT_NAME, kind: str = "") -> Cluster:
    """The cluster `name`, whether it runs or not.

    Args:
        name: the cluster's name.
        kind: one of KINDS, for a cluster that is not there yet; empty: what the one that is there is.

    Raises:
        course.errors.UsageError: the name cannot be a cluster's, or the one that is there is of another kind.
    """
    from course.cluster.state import State
    from course.errors import UsageError

    spec = State(name).spec()
    there = str(spec.get("provider", KINDS[0])) if spec else ""
    if kind and there and there != kind and _make(name, there).running:
        raise UsageError(
            f"the cluster {name!r} runs already, and is of the kind {there}, not {kind}.",
            f"End it first: ./lab down --name {name}. Or take another name: --name NAME",
        )
    return _make(name, kind or there or KINDS[0])


def _make(name: str, kind: str) -> Cluster:
    if kind == "kind":
        from course.cluster.kind.provider import Kind

        return Kind(name)
    from course.cluster.embedded import Embedded

    return Embedded(name)


def current() -> Cluster:
    """The cluster that this process was started in (KUBELAB_CLUSTER), else the default one."""
    import os

    return get(os.environ.get("KUBELAB_CLUSTER") or DEFAULT_NAME)
