"""`lab up`, `status`, `shell`, `reset` and `down`: what they do twice, after a crash, and at once."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time

import pytest

from course.cluster.embedded import Embedded
from course.cluster.state import State
from tests.support import lab_argv, processes_of, said_error

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("binary", "own_state")]


@pytest.fixture
def up(lab, own_state):
    """A running cluster of the test's own."""
    said = lab("up")
    assert said.returncode == 0, said.stderr
    yield Embedded()
    lab("down")


def test_up_returns_with_its_output_piped_and_leaves_no_pipe_open(lab, own_state):
    began = time.monotonic()
    said = lab("up")  # captures: it would wait for the keeper if that held the pipe
    assert said.returncode == 0, said.stderr
    assert "ready after" in said.stderr
    assert time.monotonic() - began < 60
    assert lab("down").returncode == 0
    assert processes_of(own_state) == []


def test_up_twice_is_the_same_cluster(lab, up):
    keeper = up.keeper
    said = lab("up")
    assert (said.returncode, up.keeper) == (0, keeper)
    assert "runs already" in said.stdout


def test_up_with_other_nodes_than_the_running_cluster_is_refused(lab, up):
    said_error(lab("up", "--nodes", "2"), "runs already, with 1 node(s), not 2", "./lab down")


def test_two_ups_at_once_make_one_cluster(lab, own_state):
    both = [
        subprocess.Popen(lab_argv("up"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0], said
    assert sum("is ready after" in err for _, err in said) == 1
    assert lab("down").returncode == 0


def test_two_clusters_by_name_do_not_meet(lab, up):
    assert lab("up", "--name", "other").returncode == 0
    first, second = up.status(), Embedded("other").status()
    assert first.k != second.k
    assert lab("down", "--name", "other").returncode == 0
    assert up.status().state == "ready"


def test_status_tells_nodes_and_components_and_json_has_the_same(lab, up):
    said = lab("status")
    assert said.returncode == 0
    assert "kubelab-control-plane 172.18.0.2: Ready" in said.stdout
    data = json.loads(lab("status", "--json").stdout)
    assert data["state"] == "ready"
    assert {c["name"] for c in data["components"]} >= {"etcd", "apiserver", "scheduler"}


def test_down_frees_the_address_and_keeps_the_logs(lab, up):
    claim = (f"127.{up.status().k}.255.1", 61000)
    assert lab("down").returncode == 0
    with socket.socket() as sock:
        sock.bind(claim)
    assert [f.name for f in State("kubelab").folder.iterdir()] == ["logs"]
    assert (up.logs / "keeper.log").is_file()
    assert "nothing to do" in lab("down").stdout


def test_after_kill_9_of_the_keeper_nothing_lives_and_up_recovers(lab, up, own_state):
    assert up.keeper
    up.keeper.signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes_of(own_state) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(own_state) == []
    assert "half-written" in lab("status").stdout
    assert lab("up").returncode == 0
    assert lab("status").returncode == 0


@pytest.mark.parametrize("damage", ["", "{", '{"pid": 1, "startTime": 1}', "[]"])
def test_a_half_written_state_is_cleared_by_up(lab, own_state, damage):
    state = State("kubelab")
    state.run.mkdir(parents=True)
    (state.folder / "data" / "etcd").mkdir(parents=True)
    state.identity.write_text(damage)
    state.spec_file.write_text(damage)
    state.control_socket.touch()
    assert lab("status").returncode == 3
    assert lab("up").returncode == 0
    assert lab("down").returncode == 0


def test_a_keeper_whose_identity_was_lost_is_still_found(lab, up):
    keeper = up.keeper
    State("kubelab").identity.unlink()
    assert up.keeper == keeper
    assert lab("down").returncode == 0


def test_a_keeper_that_hangs_is_ended_all_the_same(lab, up, own_state):
    assert up.keeper
    up.keeper.signal(signal.SIGSTOP)
    began = time.monotonic()
    assert lab("down").returncode == 0
    assert time.monotonic() - began < 20
    assert processes_of(own_state) == []


def test_reset_gives_a_new_cluster(lab, up):
    made = lab("shell", "--", "kubectl", "create", "namespace", "mine")
    assert made.returncode == 0, made.stderr
    assert lab("reset").returncode == 0
    names = lab("shell", "--", "kubectl", "get", "namespaces", "-o", "name").stdout
    assert "namespace/mine" not in names
    assert "namespace/default" in names


def test_shell_has_the_kubeconfig_and_gives_the_commands_exit_code(lab, up):
    said = lab("shell", "--", "sh", "-c", 'echo "$KUBECONFIG"; exit 7')
    assert (said.returncode, said.stdout.strip()) == (7, str(up.kubeconfig))


def test_a_command_runs_on_a_node_by_its_name(up):
    said = up.node_run("kubelab-control-plane", ["sh", "-c", "echo here; exit 3"])
    assert (said.returncode, said.stdout) == (3, "here\n")
