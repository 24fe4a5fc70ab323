"""Views draw what a real cluster has: in this process, or where a notebook's kernel is, to send requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from course.views.live.painter import Painter
from course.views.live.view import View
from tests.cluster.kube import Kube, namespace_for_this_process
from tests.course import scripts
from tests.views.watcher import Watch, Watcher

PRELUDE = """
import os, threading, time
from course.checks.namespace import remove_namespace
from course.views.live.display import still
from course.views.live.painter import Painter
def until(true, what, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit("not within " + str(seconds) + " s: " + what())
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def run(cluster: Any) -> Iterator[Callable[[str], str]]:
    """Runs a script in the cluster's network, in a namespace `ns` that the file has to itself."""
    script = scripts.runner(cluster, f"views-{uuid.uuid4().hex[:6]}", PRELUDE)
    script("checks.fresh_namespace(ns)")
    yield script
    script("remove_namespace(ns)")


@pytest.fixture
def here(cluster: Any) -> Iterator[Kube]:
    """A namespace of the test's own; views of this process watch its cluster."""
    with namespace_for_this_process(cluster) as kube:
        yield kube


@pytest.fixture
def watch(here: Kube) -> Iterator[Watch]:
    """Draws views, again and again, until the test ends."""
    painters: list[Painter] = []

    def watch(view: View) -> Watcher:
        watcher = Watcher()
        painters.append(Painter(view, watcher.take))
        painters[-1].start()
        return watcher

    yield watch
    for one in painters:
        one.stop()
