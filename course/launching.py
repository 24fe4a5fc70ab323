"""From a command's options to a running cluster, with a person watching."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from course import processes, progress
from course.cluster.base import Event, Spec

if TYPE_CHECKING:
    from course.cluster.embedded import Embedded


def start(name: str, nodes: int, *, with_caller: bool = False) -> tuple[Embedded, bool]:
    """Builds what is missing, starts the cluster `name` and waits until a pod can run.

    Returns:
        the cluster, and whether it was started here (False: it ran already).
    """
    from course import images
    from course.cluster import binary, embedded

    embedded.Embedded(name)  # refuses a name that cannot be one before anything is built
    if not binary.find():
        with progress.shown("Building the cluster's binary (once, up to 12 minutes)") as bar:
            binary.ensure(bar)
    with progress.shown("Making the course's images") as bar:
        layout = images.ensure(bar)
    spec = Spec(name=name, nodes=nodes, images=layout, with_caller=with_caller)
    began = time.monotonic()
    cluster, started = embedded.start(spec, on_event=_say)
    if started:
        click.echo(
            f"The cluster {name!r} is ready after {time.monotonic() - began:.1f} s.", err=True
        )
    return cluster, started


@contextmanager
def running_or_temporary(name: str, purpose: str) -> Iterator[Embedded]:
    """The cluster `name` if it runs; else one of the block's own, which ends and leaves nothing.

    An empty name asks for one of its own in any case.
    """
    from course.cluster.embedded import Embedded

    processes.adopt_orphans()  # what a cell left running must not outlive the command
    existing = Embedded(name) if name else None
    if existing and existing.keeper:
        existing.wait_ready()
        try:
            yield existing
        finally:
            processes.end_descendants()
        return
    own = f"{purpose}-{uuid.uuid4().hex[:8]}"
    cluster, _ = start(own, 1, with_caller=True)
    try:
        yield cluster
    finally:
        processes.end_descendants(but=cluster.keeper)
        cluster.delete()
        cluster.forget()


def _say(event: Event) -> None:
    click.echo(f"  {event.seconds:5.1f} s  {event.stage}: {event.message}", err=True)
