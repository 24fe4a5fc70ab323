"""`lab start COMMAND`: a notebook server of somebody else's, in the cluster's network."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.support import lab_argv, processes_of, said_error

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("binary", "own_state")]

SERVES = "import http.server as h; h.HTTPServer(('0.0.0.0', 0), h.SimpleHTTPRequestHandler)"


def test_the_command_has_the_cluster_and_its_exit_code_is_the_labs(lab, own_state):
    said = lab("start", "--", "sh", "-c", "kubectl get nodes; exit 7")
    assert said.returncode == 7, said.stderr
    assert "kubelab-control-plane   Ready" in said.stdout
    assert "The cluster is gone." in said.stderr
    assert processes_of(own_state) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_the_cluster(own_state, ending):
    serves = f"{SERVES}; print('serving', flush=True); import signal; signal.pause()"
    child = subprocess.Popen(
        lab_argv("start", "--", sys.executable, "-c", serves),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout
        assert child.stdout.readline() == "serving\n"
        child.send_signal(ending)
        _, err = child.communicate(timeout=20)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0, err
    assert processes_of(own_state) == []


def test_where_there_can_be_no_cluster_the_command_runs_all_the_same(lab, own_state):
    assert lab("up").returncode == 0
    said = lab("start", "--nodes", "2", "--", "sh", "-c", "echo here; exit 5")
    assert lab("down").returncode == 0
    assert (said.returncode, said.stdout) == (5, "here\n")
    assert "runs already, with 1 node(s), not 2" in said.stderr
    assert "sh starts without a cluster." in said.stderr


def test_a_command_that_there_is_not_starts_no_cluster(lab, own_state):
    said_error(lab("start", "pods"), "there is no command 'pods'")
    assert not (own_state / "kubelab").exists()
