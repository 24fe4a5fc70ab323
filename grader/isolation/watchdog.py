"""Holds the student's processes to their limits: there is no event for what the kernel does not count.

(cgroups would, but an ordinary user has none to give out.)
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from course import processes
from grader.isolation.student import HOME
from grader.limits import MB, Limits, of_bytes

EVERY = 0.2
"""Seconds between two looks."""
_MOST_FILES = 50_000  # each costs the kernel memory, an empty one too
_MOST_FOR_MESSAGES = 512 * MB
_ENDS_WITHIN = 5.0


@dataclass(frozen=True)
class Group:
    """Processes that share a limit.

    Attributes:
        name: how a reason names them.
        roots: gives the processes whose descendants they are.
        memory, processes: their limits.
    """

    name: str
    roots: Callable[[], Iterable[int]]
    memory: int
    processes: int


class Watchdog:
    """Looks on until it is stopped, and ends what is over its limit.

    `killed` is the reason why the student's kernel was ended; empty while it was not.

    Args:
        code: the student's processes.
        pods: those of the Pods.
        limits: what both may use.
        state: the folder of the cluster's state, where Pods write their files.
    """

    def __init__(self, code: Group, pods: Group, limits: Limits, state: Path) -> None:
        self.code, self.pods, self.limits, self.state, self.killed = code, pods, limits, state, ""
        self._own, self._used = own_memory(os.getpid()), _used(state)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def kill(self, why: str) -> None:
        """End the student's processes."""
        self.killed = self.killed or why
        self.end()

    def end(self) -> None:
        """End the student's processes, and lose none of the time that they used."""
        for root in self.code.roots():
            if process := processes.of(root):
                processes.end_in_order(process, _ENDS_WITHIN)

    def _look_on(self) -> None:
        while not self._stop.wait(EVERY):
            if why := self._wrong():
                self.kill(why)

    def _wrong(self) -> str:
        seen = processes.children()
        for group in (self.code, self.pods):
            below = _members(group, seen)
            if why := _over(group, below):
                if group is self.pods:  # the code is ended whatever is wrong
                    _kill(below)
                return why
        if own_memory(os.getpid()) - self._own > _MOST_FOR_MESSAGES:
            return "the code sent more messages than anybody could take"
        if (used := _used(self.state) - self._used) > self.limits.pods_disk:
            _kill(_members(self.pods, seen))
            return (
                f"the Pods wrote {of_bytes(used)}; the limit is {of_bytes(self.limits.pods_disk)}"
            )
        return ""


def _members(group: Group, seen: processes.Children) -> set[int]:
    roots = {pid for pid in group.roots() if pid}
    return {p.pid for root in roots for p in processes.tree(root, seen)} - roots


def _over(group: Group, below: set[int]) -> str:
    if len(below) > group.processes:
        return f"{group.name} had more than {group.processes} processes"
    held = sum(map(own_memory, below))
    if held > group.memory and (held := sum(map(share_of_memory, below))) > group.memory:
        return (
            f"{group.name} held {of_bytes(held)} of memory; the limit is {of_bytes(group.memory)}"
        )
    if (files := max(map(_files, below), default=0)) > _MOST_FILES:
        return f"{group.name} made {files} files; the limit is {_MOST_FILES}"
    return ""


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def own_memory(pid: int) -> int:
    """The bytes in memory that are no pages of files: a process's own, and memory that it shares; 0: gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().split(b"\n")
    except OSError:
        return 0
    kinds = (b"RssAnon:", b"RssShmem:")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(kinds))


def share_of_memory(pid: int) -> int:
    """The same, but what processes share counts once for all of them. It takes the kernel far longer."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().split(b"\n")
    except OSError:
        return 0
    kinds = (b"Pss_Anon:", b"Pss_Shmem:")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(kinds))


def _files(pid: int) -> int:
    """How many files are in the home that a process sees, where that is one in memory."""
    try:
        found = os.statvfs(f"/proc/{pid}/root{HOME}")
    except OSError:
        return 0
    return (
        found.f_files - found.f_ffree
        if found.f_files and found.f_blocks * found.f_frsize < 1 << 30
        else 0
    )


def _used(folder: Path) -> int:
    """Bytes that are taken on a folder's disk; 0 where there is no such folder."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def of_submission(
    limits: Limits, kernel: int, runtimes: Callable[[], Iterable[int]], state: Path
) -> Watchdog:
    """The watchdog of one submission: its kernel, and the Pods below the runtimes."""
    code = Group("the code", lambda: [kernel], limits.memory, limits.processes)
    pods = Group("the Pods", runtimes, limits.pods_memory, limits.pods_processes)
    return Watchdog(code, pods, limits, state)
