"""A state folder that is half-written, stale or damaged: said clearly, and cleared by `lab up`."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import processes
from course.cluster.embedded import Embedded
from course.cluster.state import State
from tests.conftest import Lab
from tests.faults import traces
from tests.support import said_error

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]


@pytest.fixture
def stranger() -> Iterator[processes.ProcessId]:
    """A living process that has nothing to do with any cluster."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = processes.of(child.pid)
        assert found
        yield found
        assert found.alive(), "a process that is none of the lab's business was ended"
        child.kill()


def stale(state: State) -> None:
    """What a keeper leaves that was killed: sockets that nobody listens on, etcd's files, a network."""
    for name in ("launch.sock", "keeper.sock", "etcd.sock", "node-0/cri.sock"):
        path = state.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
    (state.run / "keeper.lock").touch()
    (state.run / "network.json").write_text("{")
    member = state.folder / "data" / "etcd" / "member"
    (member / "wal").mkdir(parents=True)
    (member / "wal" / "0000000000000000-0000000000000000.wal").write_bytes(bytes(1000))
    (member / "snap").mkdir()
    (member / "snap" / "db").write_bytes(b"not a database")
    shut = state.folder / "data" / "node-0" / "runtime" / "run" / "containers" / "x"
    shut.mkdir(parents=True)
    (shut / "file").touch()
    shut.chmod(0)


def test_a_pid_that_another_process_has_now_is_not_taken_for_the_keeper(
    lab: Lab, own_state: Path, stranger: processes.ProcessId
) -> None:
    state = State("kubelab")
    stale(state)
    identity = {"pid": stranger.pid, "startTime": stranger.start_time - 1, "k": 77}
    state.identity.write_text(json.dumps(identity))
    state.spec_file.write_text('{"name": "kubelab", "nodes": 3}')
    said = lab("status")
    assert said.returncode == 3
    assert "./lab up" in said.stdout
    said_error(lab("shell", "--", "true"), "is not running", "./lab up")
    assert lab("up").returncode == 0
    assert len(Embedded().status().nodes) == 1, "the stale spec was used"
    assert lab("down").returncode == 0
    assert [f.name for f in state.folder.iterdir()] == ["logs"]


def test_down_clears_what_a_dead_keeper_left(
    lab: Lab, own_state: Path, stranger: processes.ProcessId
) -> None:
    state = State("kubelab")
    stale(state)
    state.identity.write_text(json.dumps({"pid": stranger.pid, "startTime": 1, "k": 77}))
    said = lab("down")
    assert said.returncode == 0, said.stderr
    assert [f.name for f in state.folder.iterdir()] == []


def test_a_running_cluster_whose_files_are_lost_says_so_and_can_be_ended(
    lab: Lab, own_state: Path
) -> None:
    assert lab("up").returncode == 0
    k = traces.network_of()
    State("kubelab").spec_file.unlink()
    said_error(lab("shell", "--", "true"), "cluster.json", "./lab down")
    assert lab("status").returncode == 0
    assert lab("down").returncode == 0
    traces.gone(own_state, k)


def test_a_cluster_whose_folder_was_removed_under_it_is_still_found_and_ended(
    lab: Lab, own_state: Path
) -> None:
    assert lab("up").returncode == 0
    k = traces.network_of()
    shutil.rmtree(State("kubelab").folder, ignore_errors=True)  # etcd writes meanwhile
    said_error(lab("status"), "did not answer", "./lab down")
    assert lab("down").returncode == 0
    traces.gone(own_state, k)
    assert lab("status").returncode == 3


def test_a_file_in_the_place_of_the_state_folder_is_said(lab: Lab, own_state: Path) -> None:
    folder = State("kubelab").folder
    folder.parent.mkdir(parents=True)
    folder.write_text("something else")
    said_error(lab("up"), str(folder), "Remove")
    assert folder.read_text() == "something else"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_folder_that_cannot_be_written_is_said(lab: Lab, own_state: Path) -> None:
    own_state.chmod(0o500)
    said_error(lab("up"), "Permission denied", str(own_state))
    own_state.chmod(0o700)


def test_binaries_that_were_removed_under_a_running_cluster_are_said(
    lab: Lab, own_state: Path, binary: Path
) -> None:
    assert lab("up").returncode == 0
    state = State("kubelab")
    spec = json.loads(state.spec_file.read_text())
    state.spec_file.write_text(json.dumps(spec | {"bin": str(own_state / "no-such-folder")}))
    said_error(lab("shell", "--", "true"), "podling-launch", "./lab down")
    assert lab("down").returncode == 0
    traces.gone(own_state)
