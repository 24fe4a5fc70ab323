"""What every test may use: a state folder that is not the user's, the `lab` command, a running cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course import paths
from course.cluster import tools
from course.cluster.embedded import Embedded
from tests.support import end_processes_of, lab_argv, processes_of

Lab = Callable[..., subprocess.CompletedProcess[str]]


_TOGETHER = {
    "tests/kind/": "kind",
    "tests/course/test_exercise_on_a_cluster.py": "busy",
    "tests/hostile/test_hostile.py": "busy",
}
"""Tests that stay together, by the beginnings of their names; elsewhere a file's do.

Those on kind share a Docker daemon and a cluster. The busy ones take all of the processors, each by itself: side by
side, the others would have none.
"""


def _group(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((group for names, group in _TOGETHER.items() if file.startswith(names)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a worker a whole group at a time: its tests share clusters and what they grade."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, what may take longest begins first: a long file that comes last is waited for by all.

    How long a group may take is the longest deadline of its tests.
    """
    longest: dict[str, float] = {}
    for item in items:
        group, deadline = _group(item.nodeid), item.get_closest_marker("timeout")
        longest[group] = max(longest.get(group, 0.0), float(deadline.args[0]) if deadline else 0.0)
    items.sort(key=lambda item: -longest[_group(item.nodeid)])


@pytest.fixture(scope="session", autouse=True)
def state_home() -> Iterator[Path]:
    """The session's XDG_STATE_HOME, with a short path; the cache, with the built binary, is the user's."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.setenv("PATH", tools.search_path())
        patch.delenv("KUBELAB_CLUSTER", raising=False)
        patch.delenv("KUBECONFIG", raising=False)
        yield folder
    left = processes_of(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"the tests left processes of clusters: {left}"


@pytest.fixture
def own_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An XDG_STATE_HOME of this test alone; no process of a cluster in it may outlive the test."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    yield folder
    left = processes_of(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"the test left processes: {left}"


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Runs `lab ARGUMENTS…` and returns what it said; `env` adds variables, '' takes one away."""

    def run(
        *arguments: str, timeout: float = 120, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        merged = {k: v for k, v in (os.environ | (env or {})).items() if v}
        return subprocess.run(
            lab_argv(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=merged,
            cwd=paths.ROOT,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def walls(binary: Path) -> None:
    """What the grader's sandbox needs; tests that want it are skipped where a machine has none."""
    from grader.isolation import sandbox

    if why := sandbox.missing():
        pytest.skip(f"no sandbox can be made here: {why}")


@pytest.fixture(scope="session")
def binary() -> Path:
    """The folder of the cluster's binaries; builds them where they are missing."""
    from course.cluster import binary as binaries

    return binaries.ensure()


@pytest.fixture(scope="session")
def cluster(state_home: Path, binary: Path) -> Iterator[Embedded]:
    """A running cluster for the session: tests put what they make into namespaces of their own.

    KUBELAB_TEST_EXECUTOR=userns or proot asks for that executor, whatever else the machine has.
    """
    from course import images
    from course.cluster import embedded
    from course.cluster.base import Spec

    executor = os.environ.get("KUBELAB_TEST_EXECUTOR", "auto")
    assert executor in ("auto", "userns", "proot"), f"KUBELAB_TEST_EXECUTOR is {executor!r}"
    running, _ = embedded.start(Spec("tests", executor=executor, images=images.ensure()))
    yield running
    running.delete()
