"""Twenty rounds of make and reset: nothing adds up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import processes
from tests.cluster.kube import DEADLINE, pod, service, shell
from tests.faults import traces
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

ROUNDS = 20
PODS = [pod(f"p{i}", shell("trap '' TERM; sleep 86397 & wait")) for i in range(3)]


def test_twenty_rounds_leak_nothing(pool: Pool) -> None:
    one_round(pool)
    memory, files = memory_of(pool), files_of(pool)
    times = sorted(one_round(pool) for _ in range(ROUNDS))
    pool.runs_nothing()
    grown = memory_of(pool) - memory
    print(f"median {times[ROUNDS // 2]:.3f} s, worst {times[-1]:.3f} s; {grown >> 20} MB more")
    assert grown < 60 << 20  # caches and the garbage of twenty rounds, in nine processes
    traces.until(
        lambda: len(files_of(pool)) <= len(files) + 20, DEADLINE,
        lambda: f"files: {sorted(files_of(pool) - files)}",
    )  # fmt: skip
    assert taken_by(pool) < 150 << 20


def one_round(pool: Pool) -> float:
    """Returns the keeper's seconds for the reset."""
    pool.kube.apply(*PODS, service("s", {"app": "p0"}, type="NodePort"))
    pool.kube.ready(*(p["metadata"]["name"] for p in PODS))
    done = pool.cluster.reset_to_baseline()
    assert done.pods == len(PODS)
    return done.seconds


def memory_of(pool: Pool) -> int:
    """Bytes of all the cluster's processes, shared pages counted once (PSS)."""
    total = 0
    for p in processes.tree(pool.keeper.pid):
        try:
            lines = Path(f"/proc/{p.pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


def files_of(pool: Pool) -> set[str]:
    """What is in the cluster's state, but for links to old logs, which the kubelet removes each minute."""
    return {str(f) for f in inside(pool) if not f.is_symlink()}


def taken_by(pool: Pool) -> int:
    """Bytes on the disk of the cluster's state."""
    total = 0
    for file in inside(pool):
        try:
            total += file.lstat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def inside(pool: Pool) -> Iterator[Path]:
    """What is in the cluster's state. It changes meanwhile: unlike rglob, walk bears that a folder goes."""
    for folder, folders, files in os.walk(pool.cluster.kubeconfig.parent):
        yield from (Path(folder, name) for name in folders + files)
