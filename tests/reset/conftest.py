"""One cluster for the folder, as the grader keeps many: with a baseline, brought back to it again and again."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from course import images, kubectl, processes
from course.cluster import embedded
from course.cluster.base import Reset, Spec
from course.cluster.embedded import Embedded
from course.errors import ClusterError
from course.progress import silent
from tests.cluster.kube import DEADLINE, Kube
from tests.faults import traces
from tests.support import end_processes_of

ROUNDS = 10
"""Of one reset, the most: the work, that is. Its time is the keeper's to limit (resetWithin)."""


@dataclass
class Pool:
    """The cluster, and what it said before it had a baseline."""

    cluster: Embedded
    kube: Kube
    keeper: processes.ProcessId
    shape: list[str]
    without_baseline: str

    def reset(self) -> Reset:
        """Resets, and holds the cluster to be pristine, now and a moment later."""
        done = self.cluster.reset_to_baseline()
        print(done)
        assert not self.cluster.differs_from_baseline()
        assert done.rounds <= ROUNDS
        time.sleep(0.3)  # no controller comes late
        assert not self.cluster.differs_from_baseline()
        return done

    def apply(self, *objects: dict[str, Any]) -> None:
        """`kubectl apply` of objects in several namespaces."""
        self.kube.command(["kubectl", "apply", "-f", "-"], input=kubectl.documents(objects))

    def runs_nothing(self) -> None:
        """Holds the cluster to have no process but its own."""
        traces.until(
            lambda: traces.shape(self.keeper.pid) == self.shape, DEADLINE,
            lambda: f"{traces.shape(self.keeper.pid)} are {self.shape}",
        )  # fmt: skip

    def pid(self, component: str) -> int:
        """The pid of a component."""
        return {c.name: c.pid for c in self.cluster.status().components}[component]

    def alive(self, marker: str) -> list[int]:
        """The cluster's processes that have `marker` in their command lines."""
        tree = processes.tree(self.keeper.pid)
        return [p.pid for p in tree if marker in traces.command(p.pid)]


# Not the session's: its state folder would be that of the tests elsewhere, too. (A "package" needs an __init__.py.)
@pytest.fixture(scope="module")
def pool(binary: Path) -> Iterator[Pool]:
    """The cluster; nothing may be left of it after the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        cluster, _ = embedded.start(Spec(name="pool", images=images.ensure(silent)))
        assert cluster.keeper
        with pytest.raises(ClusterError) as refused:
            cluster.reset_to_baseline()
        cluster.save_baseline()
        kube = Kube(cluster.env(), "default", cluster.shell_argv)
        shape = traces.shape(cluster.keeper.pid)
        k = cluster.status().k
        yield Pool(cluster, kube, cluster.keeper, shape, str(refused.value))
        cluster.delete()
        traces.gone(folder, k, "pool")
    left = traces.processes_with(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"processes were left: {left}"


@pytest.fixture(autouse=True)
def state_of_the_pool(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test sees the pool's state folder, whatever other folders' tests have set."""
    home = pool.cluster.kubeconfig.parent.parent.parent
    monkeypatch.setenv("XDG_STATE_HOME", os.fspath(home))
