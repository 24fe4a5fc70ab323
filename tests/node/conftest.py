"""A cluster of two nodes whose configuration tests may change."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course.cluster.embedded import Embedded

On = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def two(state_home: Path, binary: Path) -> Iterator[Embedded]:
    from course import images
    from course.cluster import embedded
    from course.cluster.base import Spec

    running, _ = embedded.start(Spec("two", nodes=2, images=images.ensure()))
    yield running
    running.delete()


@pytest.fixture
def on(two: Embedded) -> On:
    """Runs a line of words on a node, the first by default; with `check`, a failure shows what was said."""

    def run(
        line: str, stdin: str = "", node: str = "", *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = two.node_run(node, shlex.split(line), stdin)
        if check:
            assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    return run
