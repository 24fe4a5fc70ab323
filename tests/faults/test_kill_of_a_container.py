"""kill -9 of one process of a container: the rest of it goes too, and the kubelet starts it again."""

from __future__ import annotations

import os
import signal
from itertools import count

import pytest

from course import processes
from tests.cluster.kube import pod, shell
from tests.faults import traces
from tests.faults.conftest import RECOVERY, Victim

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

_numbers = count(7001)


@pytest.fixture(scope="module", params=["userns", "proot"])
def executor(request: pytest.FixtureRequest) -> str:
    """Both ways in which containers run."""
    return str(request.param)


class Container:
    """A container of its own pod, which runs two processes whose command lines have `marker`."""

    def __init__(self, victim: Victim) -> None:
        self.marker = f"sleep {next(_numbers)}"
        self.name = self.marker.replace(" ", "-")
        self._victim = victim
        victim.kube.apply(pod(self.name, shell(f"{self.marker} & exec {self.marker}")))
        victim.kube.ready(self.name)
        self.has_both()

    def has_both(self) -> None:
        """Waits for its two processes; at Ready, the shell may not have become them yet."""
        traces.until(lambda: len(self._marked()) == 2, RECOVERY, f"{self.marker} runs twice")

    def _marked(self) -> list[processes.ProcessId]:
        return [p for p in self.tree() if traces.command(p.pid) == self.marker]

    def tree(self) -> list[processes.ProcessId]:
        """Its processes: the executor first, the image's last; empty while it is not there."""
        for child in processes.tree(self._victim.pid("runtime-0"))[1:]:
            below = processes.tree(child.pid)
            if any(traces.command(p.pid) == self.marker for p in below):
                return below
        return []

    def part(self, which: str) -> processes.ProcessId:
        """The executor, the agent or the image's main process."""
        tree = self.tree()
        agents = [p for p in tree if " init" in traces.command(p.pid) and p != tree[0]]
        main = min(self._marked(), key=_age)
        return {"executor": tree[0], "agent": agents[-1], "main": main}[which]

    def restarts(self) -> int:
        """How often the kubelet started it again and found it ready."""
        status = self._victim.kube.get("pod", self.name)["status"]["containerStatuses"][0]
        return int(status["restartCount"]) if status["ready"] else 0


def _age(process: processes.ProcessId) -> tuple[int, int]:
    return process.start_time, process.pid


@pytest.mark.parametrize("which", ["executor", "agent", "main"])
def test_a_container_that_loses_a_process_ends_whole_and_starts_again(
    victim: Victim, which: str
) -> None:
    container = Container(victim)
    before, victims_part = container.tree(), container.part(which)
    os.kill(victims_part.pid, signal.SIGKILL)
    traces.until(lambda: not [p for p in before if p.alive()], traces.GONE_WITHIN, f"{before} end")
    traces.until(lambda: container.restarts() == 1, RECOVERY, "it starts again")
    state = victim.kube.get("pod", container.name)["status"]["containerStatuses"][0]["lastState"]
    assert state["terminated"]["exitCode"] == 137
    container.has_both()
    traces.until(
        lambda: len(container.tree()) == len(before), RECOVERY,
        lambda: f"{container.tree()} are as many as {before}",
    )  # fmt: skip
    victim.kube.run("delete", "pod", container.name, "--wait=true")
    victim.has_its_shape()


def test_a_container_whose_every_process_is_killed_starts_again(victim: Victim) -> None:
    container = Container(victim)
    for process in container.tree():
        process.signal(signal.SIGKILL)
    traces.until(lambda: container.restarts() == 1, RECOVERY, "it starts again")
    victim.kube.run("delete", "pod", container.name, "--wait=true")
    victim.has_its_shape()


def test_a_process_of_an_exec_dies_alone(victim: Victim) -> None:
    container = Container(victim)
    before = container.tree()
    said = victim.kube.run("exec", container.name, "--", "sh", "-c", "kill -9 $$", check=False)
    assert said.returncode == 137
    traces.until(  # the exec's own helpers end a moment after its answer
        lambda: container.tree() == before, traces.GONE_WITHIN,
        lambda: f"{container.tree()} are again {before}",
    )  # fmt: skip
    victim.kube.run("delete", "pod", container.name, "--wait=true")
