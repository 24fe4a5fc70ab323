"""Processes by pid and start time, so that a pid that was given out again is never taken for the old one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessId:
    """One process of this boot.

    Attributes:
        pid: the process id.
        start_time: clock ticks since boot, field 22 of /proc/PID/stat (proc(5)).
    """

    pid: int
    start_time: int

    def alive(self) -> bool:
        """True while the process runs; a zombie, which nobody reaped yet, does not."""
        return of(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if the process is still the same one."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the end of the process; False when it still runs then."""
        deadline = time.monotonic() + timeout
        try:
            pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        except OSError:  # an old kernel, or a sandbox that refuses pidfd_open
            return self._poll(deadline)
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            while self.alive():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                poll.poll(left * 1000)
            return True
        finally:
            os.close(pidfd)

    def _poll(self, deadline: float) -> bool:
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True


def of(pid: int) -> ProcessId | None:
    """The process that has this pid now; None when there is none or only its zombie."""
    fields = _stat(pid)
    return ProcessId(pid, int(fields[19])) if fields and fields[0] not in "ZX" else None


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third, the state, on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def tree(root: int) -> list[ProcessId]:
    """The process `root` and all its descendants now, ancestors first."""
    children: dict[int, list[ProcessId]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) and fields[0] not in "ZX":
            found = ProcessId(int(entry.name), int(fields[19]))
            children.setdefault(int(fields[1]), []).append(found)
    first = of(root)
    result = [first] if first else []
    queue = [root]
    while queue:
        below = children.get(queue.pop(0), [])
        result += below
        queue += [child.pid for child in below]
    return result


def zombies_of(parent: int) -> list[int]:
    """The children of `parent` that have ended and were not waited for."""
    stats = ((int(e.name), _stat(int(e.name))) for e in Path("/proc").iterdir() if e.name.isdigit())
    return [pid for pid, f in stats if f and f[0] == "Z" and int(f[1]) == parent]


def kill_tree(root: ProcessId, timeout: float) -> list[ProcessId]:
    """Kills `root` and all its descendants; returns those that still live after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    seen: dict[int, ProcessId] = {}
    if root.alive():
        seen = {p.pid: p for p in tree(root.pid)}
        for process in seen.values():  # stopped first, so that none of them starts another
            process.signal(signal.SIGSTOP)
        seen |= {p.pid: p for p in tree(root.pid)}
    for process in seen.values():
        process.signal(signal.SIGKILL)
    return [p for p in seen.values() if not p.wait(max(0.0, deadline - time.monotonic()))]


def end_descendants(but: ProcessId | None = None) -> None:
    """Kills all descendants of this process but `but` and what is below that."""
    kept = {p.pid for p in tree(but.pid)} if but else set()
    for left in tree(os.getpid())[1:]:
        if left.pid not in kept:
            left.signal(signal.SIGKILL)


_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """For a child, before it executes its program: SIGTERM when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def adopt_orphans() -> None:
    """Makes this process the parent of descendants that lose theirs, so that it can end them."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
