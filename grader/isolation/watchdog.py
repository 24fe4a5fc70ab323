"""Holds the student's processes to their limits: there is no event for what the kernel does not count.

(cgroups would, but an ordinary user has none to give out.) Memory is what is a process's own, without
what it shares with others; files in memory are counted by the file system.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from course import processes
from grader.limits import Limits, of_bytes

EVERY = 0.2
"""Seconds between two looks."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Group:
    """Processes that share a limit.

    Attributes:
        name: how a reason names them.
        roots: gives the processes whose descendants they are.
        memory, processes: their limits.
        kills_root: whether the roots die as well.
    """

    name: str
    roots: Callable[[], Iterable[int]]
    memory: int
    processes: int
    kills_root: bool


class Watchdog:
    """Looks at the groups until it is stopped, and ends one that is over its limit.

    `killed` is the reason why the student's kernel was ended; empty while it was not.
    """

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups, self.killed = list(groups), ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._stop.wait(EVERY):
            for group in self.groups:
                if why := self._over(group):
                    self.killed = self.killed or why

    def _over(self, group: Group) -> str:
        roots = [pid for pid in group.roots() if pid]
        below = {p.pid for root in roots for p in processes.tree(root)} - set(roots)
        why = ""
        if len(below) > group.processes:
            why = f"{group.name} had more than {group.processes} processes"
        elif (held := sum(map(own_memory, below))) > group.memory:
            why = f"{group.name} held {of_bytes(held)} of memory; the limit is {of_bytes(group.memory)}"
        if why:
            for pid in [*(roots if group.kills_root else ()), *below]:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        return why


def own_memory(pid: int) -> int:
    """The bytes in memory that a process shares with no file and no other; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
        return (int(resident) - int(shared)) * _PAGE
    except (OSError, ValueError):
        return 0


def of_submission(limits: Limits, kernel: int, runtimes: Callable[[], Iterable[int]]) -> Watchdog:
    """The watchdog of one submission: its kernel, and the Pods below the runtimes."""
    student = Group("the code", lambda: [kernel], limits.memory, limits.processes, True)
    pods = Group("the Pods", runtimes, limits.pods_memory, limits.pods_processes, False)
    return Watchdog([student, pods])
