"""The death of the keeper takes all of its cluster with it, and the next `lab up` begins afresh."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from course.cluster.embedded import Embedded
from course.cluster.state import State
from tests.cluster.kube import Kube, pod, service
from tests.conftest import Lab
from tests.faults import traces
from tests.faults.moments import Started
from tests.support import lab_argv

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]


def test_after_kill_9_of_a_keeper_with_pods_and_shells_nothing_is_left_and_up_recovers(
    lab: Lab, own_state: Path
) -> None:
    assert lab("up").returncode == 0
    cluster = Embedded()
    keeper, k = cluster.keeper, traces.network_of()
    assert (
        keeper and traces.addresses_of(k) and traces.is_locked(State("kubelab").run / "keeper.lock")
    )
    kube = Kube(cluster.env(), "default", cluster.shell_argv)
    kube.apply(pod("web", {"name": "web", "image": "nginx:1.22"}), service("web", {"app": "web"}))
    kube.ready("web")
    with a_shell() as shell:
        keeper.signal(signal.SIGKILL)
        traces.gone(own_state, k, but=[shell.pid])
        out, _ = shell.communicate("curl -sS -m 20 http://web.default\n", timeout=10)
        assert shell.returncode != 0, f"a shell of a dead cluster still got {out}"
    said = lab("status")
    assert said.returncode == 3
    assert "half-written" in said.stdout
    assert "./lab up" in said.stdout
    assert lab("up").returncode == 0
    assert lab("shell", "--", "kubectl", "get", "pods").stdout == "", "a new cluster has no pods"
    assert lab("down").returncode == 0
    traces.gone(own_state, k)


def a_shell() -> subprocess.Popen[str]:
    """A `lab shell` that is in the cluster's network and waits for a command."""
    child = subprocess.Popen(
        lab_argv("shell", "--", "sh", "-c", "echo here; exec sh"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert child.stdout
    assert child.stdout.readline() == "here\n"
    return child


@pytest.mark.parametrize("moment", ["keeper", "net", "apiserver"])
def test_a_keeper_that_is_killed_while_its_cluster_starts_is_said_at_once(
    own_state: Path, moment: str
) -> None:
    with Started("up") as up:
        up.reaches(moment)
        keeper, k = Embedded().keeper, traces.network_of()
        assert keeper
        keeper.signal(signal.SIGKILL)
        up.ends(1)
    assert re.search(
        r"ERROR: the cluster 'kubelab' (could not start: its keeper ended|did not start)", up.said
    )
    assert "./lab doctor" in up.said
    assert "Traceback" not in up.said
    traces.gone(own_state, k)
    assert Embedded().status().state == "absent"


def test_a_keeper_that_is_killed_before_it_answers_is_said_to_have_ended(
    lab: Lab, own_state: Path
) -> None:
    assert lab("up").returncode == 0
    cluster, keeper, k = Embedded(), Embedded().keeper, traces.network_of()
    assert keeper
    socket = str(State("kubelab").control_socket.name)
    keeper.signal(signal.SIGSTOP)  # it accepts nothing and reads nothing, as if it were killed then
    traces.until(
        lambda: traces.stands_still(keeper.pid), 10, "every thread of the keeper has stopped"
    )
    said: list[Exception] = []

    def wait() -> None:
        try:
            cluster.wait_ready(20)
        except Exception as error:
            said.append(error)

    waiter, before = threading.Thread(target=wait), connections(socket)
    waiter.start()
    traces.until(lambda: connections(socket) > before, 10, lambda: "no connection to the keeper")
    keeper.signal(signal.SIGKILL)
    waiter.join(10)
    assert "could not start: its keeper ended" in str(said[0])
    traces.gone(own_state, k)


def connections(socket: str) -> int:
    """The unix sockets of this name, those of connections among them."""
    return sum(line.endswith(socket) for line in Path("/proc/net/unix").read_text().splitlines())


def test_sigterm_to_the_keeper_ends_the_cluster(lab: Lab, own_state: Path) -> None:
    assert lab("up").returncode == 0
    keeper, k = Embedded().keeper, traces.network_of()
    assert keeper
    keeper.signal(signal.SIGTERM)
    traces.gone(own_state, k)
    assert "./lab up" in lab("status").stdout


def test_a_lab_up_that_is_killed_leaves_a_cluster_that_the_next_one_finds(
    lab: Lab, own_state: Path
) -> None:
    with Started("up") as up:
        up.reaches("net")
        os.kill(up.child.pid, signal.SIGKILL)
        up.child.wait(10)
    began = time.monotonic()
    assert "runs already" in lab("up").stdout
    assert time.monotonic() - began < 60
    assert lab("down").returncode == 0
    traces.gone(own_state)
