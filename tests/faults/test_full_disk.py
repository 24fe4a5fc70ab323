"""A disk that is full, or fills up under a running cluster: said, without a hang, and nothing is left."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course import paths
from course.cluster.embedded import Embedded
from tests.cluster.kube import Kube, once
from tests.conftest import Lab
from tests.faults import traces
from tests.faults.conftest import RECOVERY
from tests.support import end_processes_of

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]

Disk = Callable[[int], Path]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Makes a disk of so many MiB, with XDG_STATE_HOME on it."""
    mounted = Path(tempfile.mkdtemp(prefix="kl-"))

    def make(size: int) -> Path:
        argv = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "none", str(mounted)]
        tried = subprocess.run(argv, capture_output=True, text=True, check=False)
        if tried.returncode:
            pytest.skip(f"no tmpfs can be mounted: {tried.stderr.strip()}")
        state = mounted / "s"  # the mount's own path is in every process's list of mounts
        state.mkdir()
        monkeypatch.setenv("XDG_STATE_HOME", str(state))
        return state

    yield make
    left = traces.processes_with(mounted / "s")
    end_processes_of(mounted)
    subprocess.run(["umount", "-l", str(mounted)], capture_output=True, check=False)
    shutil.rmtree(mounted, ignore_errors=True)
    assert not left, f"processes were left: {left}"


FILLS_UP_AFTER_THE_LOOK = (
    "from course import disk; disk.need = lambda *_: None; from course.cli import main; main()"
)
"""`lab`, on a disk that somebody fills between the look for room and the writing."""


@pytest.mark.parametrize("kibibytes", [4, 200, 10000])
def test_a_disk_that_fills_up_while_the_cluster_starts(disk: Disk, kibibytes: int) -> None:
    state = disk(32)
    filled = state.parent / "filled"
    fill(filled, leaving=kibibytes << 10)
    began = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-P", "-c", FILLS_UP_AFTER_THE_LOOK, "up"],
        capture_output=True, text=True, timeout=90, cwd=paths.ROOT, check=False,
    )  # fmt: skip
    assert said.returncode == 1, said.stdout + said.stderr
    assert "ERROR:" in said.stderr
    assert "no space left" in said.stderr.lower()
    assert "Traceback" not in said.stderr
    assert time.monotonic() - began < 60
    traces.gone(state)


def test_a_disk_that_fills_up_under_a_running_cluster_and_is_emptied_again(
    disk: Disk, lab: Lab
) -> None:
    state = disk(400)
    assert lab("up").returncode == 0
    cluster, k = Embedded(), traces.network_of()
    kube = Kube(cluster.env(), "default", cluster.shell_argv)
    kube.apply(once("before", "exit 0"))
    kube.ended("before")
    filled = state.parent / "filled"
    fill(filled, leaving=0)
    assert lab("status").returncode == 0
    kube.run("run", "during", "--image=nginx:1.22")
    for index in range(40):  # 2 MB: far more than etcd's database has pages of its own left
        kube.run("create", "configmap", f"c{index}", f"--from-literal=text={'x' * 50_000}")
    assert [c.restarts for c in cluster.status().components if c.name == "etcd"] == [0]
    traces.until(
        lambda: "no space left" in kube.run("get", "events", check=False).stdout.lower(),
        RECOVERY, "the pod's events say why it does not run",
    )  # fmt: skip
    filled.unlink()
    kube.ready("during", timeout=60)
    fill(filled, leaving=0)
    assert lab("down").returncode == 0
    traces.gone(state, k)


def fill(path: Path, leaving: int) -> None:
    """Writes until `leaving` bytes are free."""
    with path.open("wb", buffering=0) as file:
        try:
            while shutil.disk_usage(path.parent).free > leaving:
                file.write(bytes(min(1 << 20, shutil.disk_usage(path.parent).free - leaving)))
        except OSError:
            return
