"""The death of net fails no call: whoever connects meanwhile waits for the next net."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from course import processes
from tests.cluster.kube import pod, shell
from tests.faults import traces
from tests.faults.conftest import Victim
from tests.support import lab_argv

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
def stopped_net(victim: Victim):
    """Net's pid; it takes no calls, as in the moment before its death."""
    pid = victim.pid("net")
    os.kill(pid, signal.SIGSTOP)
    traces.until(lambda: traces.stands_still(pid), 10, "every thread of net has stopped")
    yield pid
    if processes.of(pid):
        os.kill(pid, signal.SIGKILL)


def start(argv: list[str], victim: Victim) -> subprocess.Popen[str]:
    return subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | victim.cluster.env(),
    )  # fmt: skip


def waits_in_a_call(pid: int) -> bool:
    """True when a thread of a process below `pid` waits for net to answer a call."""
    for process in processes.tree(pid):
        for task in Path(f"/proc/{process.pid}/task").glob("*/wchan"):
            try:
                if "seccomp" in task.read_text():
                    return True
            except OSError:
                continue
    return False


def test_a_request_in_flight_waits_for_the_next_net(victim: Victim, request) -> None:
    url = f"http://web.{victim.kube.namespace}"
    ready = "echo here; read go; "
    ask = victim.kube.enter(["sh", "-c", f"{ready} exec curl -sS -m 30 {url}"])
    with subprocess.Popen(
        ask, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | victim.cluster.env(),
    ) as child:  # fmt: skip
        assert child.stdin and child.stdout
        assert child.stdout.readline() == "here\n"
        net = request.getfixturevalue("stopped_net")
        child.stdin.write("go\n")
        child.stdin.flush()
        traces.until(lambda: waits_in_a_call(child.pid), 10, "curl's call waits for net")
        os.kill(net, signal.SIGKILL)
        out, err = child.communicate(timeout=40)
    assert (child.returncode, err) == (0, "")
    assert "Welcome to nginx!" in out


def test_a_shell_that_is_opened_without_a_net_waits_for_the_next_one(
    victim: Victim, stopped_net: int
) -> None:
    with start(lab_argv("shell", "--name", "victim", "--", "echo", "hello"), victim) as child:
        traces.until(lambda: "launch" in traces.command(child.pid), 20, "the launcher runs")
        os.kill(stopped_net, signal.SIGKILL)
        out, err = child.communicate(timeout=40)
    assert (child.returncode, out) == (0, "hello\n"), err


def test_a_download_goes_on_while_net_is_dead(victim: Victim, stopped_net: int) -> None:
    """Net is not in the data path: a connection that stands needs it no more."""
    os.kill(stopped_net, signal.SIGCONT)
    page = "/usr/share/nginx/html/big"
    victim.kube.run("exec", "web", "--", "dd", "if=/dev/zero", f"of={page}", "bs=1M", "count=8")
    out, url = victim.state / "big", f"http://web.{victim.kube.namespace}/big"
    ask = ["curl", "-sS", "-m", "30", "--limit-rate", "4M", "-o", str(out), url]
    with start(victim.kube.enter(ask), victim) as child:
        traces.until(lambda: out.exists() and out.stat().st_size, 20, "the download has begun")
        os.kill(stopped_net, signal.SIGKILL)
        _, err = child.communicate(timeout=40)
    assert (child.returncode, err) == (0, "")
    assert out.stat().st_size == 8 << 20
    victim.recovers(stopped_net)


def test_no_request_of_many_fails_while_net_dies_again_and_again(victim: Victim) -> None:
    victim.kube.apply(pod("client", shell("sleep 1000")))
    victim.kube.ready("client")
    host = f"web.{victim.kube.namespace}"
    from_lab = f"for i in $(seq 150); do curl -sS -m 20 -o /dev/null http://{host} || exit 1; done"
    from_pod = f"for i in $(seq 150); do wget -q -O /dev/null http://{host} || exit 1; done"
    askers = [
        start(victim.kube.enter(["sh", "-c", from_lab]), victim),
        start(victim.kube.kubectl("exec", "client", "--", "sh", "-c", from_pod), victim),
    ]
    deaths = 0
    while any(a.poll() is None for a in askers) and deaths < 4:
        pid = victim.pid("net")
        if pid:
            os.kill(pid, signal.SIGKILL)
            deaths += 1
            traces.until(lambda gone=pid: victim.pid("net") not in (0, gone), 20, "the next net")
    said = [a.communicate(timeout=90) for a in askers]
    assert deaths >= 2
    assert [a.returncode for a in askers] == [0, 0], said
    victim.kube.run("delete", "pod", "client")
