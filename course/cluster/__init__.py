"""Where a cluster comes from: one interface, and what stands behind it.

The embedded cluster is the one there is; `get` gives it by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.cluster.base import Cluster

DEFAULT_NAME = "kubelab"
KINDS = ("embedded",)


def get(name: str = DEFAULT_NAME) -> Cluster:
    """The cluster `name`, whether it runs or not.

    Raises:
        course.errors.UsageError: the name cannot be a cluster's.
    """
    from course.cluster.embedded import Embedded

    return Embedded(name)


def current() -> Cluster:
    """The cluster that this process was started in (KUBELAB_CLUSTER), else the default one."""
    import os

    return get(os.environ.get("KUBELAB_CLUSTER") or DEFAULT_NAME)
