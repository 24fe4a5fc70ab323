"""Starting a cluster whole: created and ready, or nothing left of it."""

from __future__ import annotations

from collections.abc import Callable

from course.cluster.base import Cluster, Event, Spec
from course.errors import ClusterError

TIMEOUT = {"embedded": 120.0, "kind": 300.0}
"""Seconds that a cluster of each kind has, on a slow machine."""


def start(
    cluster: Cluster,
    spec: Spec,
    timeout: float | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> bool:
    """Starts a cluster and waits until a pod can run; a cluster that does not get there is ended.

    Returns:
        whether it was started here (False: it ran already).
    """
    try:
        cluster.create(spec)
        cluster.wait_ready(TIMEOUT[cluster.kind] if timeout is None else timeout, on_event)
    except (ClusterError, KeyboardInterrupt):
        if cluster.made_here:  # known also where Ctrl-C comes just as create returns
            cluster.delete()
        raise
    return cluster.made_here
