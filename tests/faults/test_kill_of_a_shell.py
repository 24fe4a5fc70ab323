"""kill -9 of what a person started in the cluster's network: the cluster forgets it, and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from course import processes
from tests.faults import traces
from tests.faults.conftest import RECOVERY, Victim
from tests.support import lab_argv

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def shell(victim: Victim, script: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        lab_argv("shell", "--name", "victim", "--", "sh", "-c", f"echo here; {script}"),
        stdout=subprocess.PIPE, text=True, env=os.environ | {"XDG_STATE_HOME": str(victim.state)},
    )  # fmt: skip
    assert child.stdout
    assert child.stdout.readline() == "here\n"
    return child


def test_the_keeper_and_net_forget_a_shell_that_is_killed(victim: Victim) -> None:
    net = victim.pid("net")
    before = traces.until(lambda: settled(victim.keeper.pid, net), RECOVERY, "no call is under way")
    with shell(victim, "exec sleep 7100") as child:
        assert descriptors(victim.keeper.pid) > before[0]
        child.kill()
    traces.until(
        lambda: descriptors(victim.keeper.pid) <= before[0] and descriptors(net) <= before[1],
        traces.GONE_WITHIN,
        "its listeners are given back",
    )
    victim.recovers(child.pid)


def settled(*pids: int) -> list[int]:
    """How many descriptors the processes hold, once two looks agree; empty until then."""
    first = [descriptors(pid) for pid in pids]
    return first if first == [descriptors(pid) for pid in pids] else []


def test_what_a_killed_shell_left_running_still_reaches_the_cluster(victim: Victim) -> None:
    """As on any machine: a job in the background outlives its shell."""
    url = f"http://web.{victim.kube.namespace}"
    out = victim.state / "page"
    job = f"until [ -e {out}.go ]; do sleep 0.1; done; curl -sS -m 20 -o {out} {url}"
    with shell(victim, f"({job}) & echo $!; exec sleep 7101") as child:
        assert child.stdout
        background = processes.of(int(child.stdout.readline()))
        child.kill()
    assert background
    out.with_suffix(".go").touch()
    assert background.wait(30)
    assert "Welcome to nginx!" in out.read_text()


def test_ctrl_c_in_a_shell_is_not_for_the_cluster(victim: Victim) -> None:
    with subprocess.Popen(
        lab_argv("shell", "--name", "victim", "--", "sh", "-c", "echo here; exec sleep 7102"),
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdout
        assert child.stdout.readline() == "here\n"
        os.killpg(child.pid, signal.SIGINT)
        assert child.wait(10) == -signal.SIGINT
    victim.recovers(child.pid)
