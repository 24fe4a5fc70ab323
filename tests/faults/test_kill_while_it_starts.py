"""kill -9 of a component while its cluster starts: the start takes a little longer, and that is all."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from course.cluster.embedded import Embedded
from course.cluster.state import State
from tests.conftest import Lab
from tests.faults import traces
from tests.faults.conftest import FROM_A_CONTAINER
from tests.faults.moments import Started

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]


def pid_of(component: str, state: Path) -> int:
    """The pid of a component of a cluster in that folder; 0 where there is none yet."""
    for entry in Path("/proc").glob("[0-9]*"):
        line = traces.command(int(entry.name))
        if f"podling {component} " in line and str(state) in line:
            return int(entry.name)
    return 0


def test_each_component_dies_once_and_the_cluster_gets_ready(lab: Lab, own_state: Path) -> None:
    with Started("up") as up:
        up.reaches("net")
        cluster = Embedded()
        killed: set[str] = set()
        while up.child.poll() is None and len(killed) < 7:
            for part in cluster.status().components:
                if part.pid and part.name not in killed and part.state == "running":
                    os.kill(part.pid, signal.SIGKILL)
                    killed.add(part.name)
        up.ends(0, within=60)
    k = traces.network_of()
    assert {"net", "etcd", "apiserver", "runtime-0", "kubelet-0"} <= killed
    assert lab("status").returncode == 0
    said = lab("shell", "--", "sh", "-c", FROM_A_CONTAINER)
    assert "from a container" in said.stdout, said.stderr
    assert lab("down").returncode == 0
    traces.gone(own_state, k)


def test_an_etcd_that_dies_while_it_makes_its_log_begins_anew(lab: Lab, own_state: Path) -> None:
    # With what it leaves then, the next one would wait for a leader for ever.
    with Started("up") as up:
        log = State("kubelab").folder / "data/etcd/member/wal"
        while not (etcd := pid_of("etcd", own_state)) and up.child.poll() is None:
            pass
        while not log.is_dir() and up.child.poll() is None:  # it is filled within milliseconds
            pass
        os.kill(etcd, signal.SIGKILL)
        up.ends(0, within=60)
    assert lab("down").returncode == 0
