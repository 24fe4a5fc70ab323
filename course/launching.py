"""From a command's options to a running cluster, with a person watching."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course import processes, progress
from course.cluster.base import Event, Spec

if TYPE_CHECKING:
    from course.cluster.base import Cluster


def start(
    name: str, nodes: int, kind: str = "", *, with_caller: bool = False
) -> tuple[Cluster, bool]:
    """Builds what is missing, starts the cluster `name` and waits until a pod can run.

    Returns:
        the cluster, and whether it was started here (False: it ran already).
    """
    from course import cluster as clusters
    from course.cluster import starting

    cluster = clusters.get(name, kind)  # refuses what cannot be before anything is built
    spec = Spec(name=name, nodes=nodes, images=prepare(cluster.kind), with_caller=with_caller)
    began = time.monotonic()
    started = starting.start(cluster, spec, on_event=_say)
    if started:
        try:
            _remember_as_new(cluster)
        except KeyboardInterrupt:  # the caller does not know of the cluster yet
            cluster.delete()
            raise
        click.echo(
            f"The cluster {name!r} is ready after {time.monotonic() - began:.1f} s.", err=True
        )
    return cluster, started


def _remember_as_new(cluster: Cluster) -> None:
    """So that the start page in JupyterLab can make the cluster as new without ending it."""
    from course.cluster.embedded import Embedded
    from course.errors import ClusterError

    if isinstance(cluster, Embedded):
        try:
            cluster.save_baseline()
        except ClusterError as problem:
            click.echo(f"The start page will not be able to make it as new: {problem}", err=True)


def prepare(kind: str) -> Path | None:
    """Builds or brings what a cluster of this kind needs and is missing; returns its images, if there are any."""
    from course import images
    from course.cluster import binary

    if kind == "kind":
        from course.cluster.kind import provider

        with progress.shown("Preparing kind's nodes (once, up to 15 minutes)") as bar:
            provider.prepare(bar)
    elif not binary.find():
        with progress.shown("Building the cluster's binary (once, up to 12 minutes)") as bar:
            binary.ensure(bar)
    with progress.shown("Making the course's images") as bar:
        return images.ensure(bar)


@contextmanager
def running_or_temporary(name: str, purpose: str, kind: str = "") -> Iterator[Cluster]:
    """The cluster `name` if it runs; else one of the block's own, which ends and leaves nothing.

    An empty name asks for one of its own in any case.
    """
    from course import cluster as clusters

    processes.adopt_orphans()  # what a cell left running must not outlive the command
    existing = clusters.get(name, kind) if name else None
    if existing and existing.running:
        existing.wait_ready()
        try:
            yield existing
        finally:
            processes.end_descendants()
        return
    own = f"{purpose}-{uuid.uuid4().hex[:8]}"
    cluster, _ = start(own, 1, kind, with_caller=True)
    try:
        yield cluster
    finally:
        processes.end_descendants(but=cluster.lifeline())
        cluster.delete()
        cluster.forget()


def _say(event: Event) -> None:
    click.echo(f"  {event.seconds:5.1f} s  {event.stage}: {event.message}", err=True)
