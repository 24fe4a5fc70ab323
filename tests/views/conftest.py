"""Views draw what a real cluster has; those that send requests do it where a notebook's kernel is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.course import scripts

PRELUDE = """
import os, threading, time
from course.checks.namespace import remove_namespace
from course.views.live.display import still
from course.views.live.painter import Painter
def apply(*objects):
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    kubectl.run(["apply", "--namespace", ns, "--filename", "-"], stdin=given).check()
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
