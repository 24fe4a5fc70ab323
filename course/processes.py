"""Processes by pid and start time, so that a pid that was given out again is never taken for the old one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOOK_AGAIN = 0.02
"""Seconds after which a tree that is being killed is looked at anew: it may have forked meanwhile."""


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
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        line = os.read(file, 4096)  # bytes: a process may give itself a name that is no text
    except OSError:
        return None
    finally:
        os.close(file)
    return line[line.rindex(b")") + 2 :].decode("ascii").split()


Children = Mapping[int, Sequence[ProcessId]]
"""The living processes by their parents' pids."""


def children() -> Children:
    """All processes of this /proc, as they are now."""
    found: dict[int, list[ProcessId]] = {}
    for pid, fields in _stats():
        if fields[0] not in "ZX":
            found.setdefault(int(fields[1]), []).append(ProcessId(pid, int(fields[19])))
    return found


def tree(root: int, seen: Children | None = None) -> list[ProcessId]:
    """The process `root` and all its descendants, ancestors first: now, or as they were `seen`."""
    seen = children() if seen is None else seen
    first = of(root)
    result = [first] if first else []
    queue = [root]
    while queue:
        below = seen.get(queue.pop(0), ())
        result += below
        queue += [child.pid for child in below]
    return result


def cpu_seconds(root: int) -> float:
    """CPU time of `root`, of all its descendants, and of those of them that were waited for.

    A zombie counts: its time comes to its parent's only when it is waited for. What is lost is the time of
    those that end with their namespace of process ids (see `end_in_order`), and some 10 ms a process.
    """
    ticks: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for pid, fields in _stats():
        ticks[pid] = sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
        below.setdefault(int(fields[1]), []).append(pid)
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        total += ticks.get(pid, 0)
        queue += below.get(pid, [])
    return total / os.sysconf("SC_CLK_TCK")


def _stats() -> Iterator[tuple[int, list[str]]]:
    for name in os.listdir("/proc"):  # noqa: PTH208 - it is done five times a second
        if name.isdigit() and (fields := _stat(int(name))):
            yield int(name), fields


def zombies_of(parent: int) -> list[int]:
    """The children of `parent` that have ended and were not waited for."""
    return [pid for pid, fields in _stats() if fields[0] == "Z" and int(fields[1]) == parent]


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


def end_in_order(root: ProcessId, within: float) -> None:
    """Ends `root`, which may be bwrap, and all below it, so that their CPU time is not lost.

    The first process of a namespace of process ids takes all others with it when it ends, and nobody waits
    for these: the kernel forgets what they used. bwrap's own waits for all, and ends after the last one,
    but for that bwrap outside must not end before: it stands still meanwhile. Seconds.
    """
    deadline = time.monotonic() + within
    for first in [p for p in tree(root.pid) if _is_first(p.pid)]:
        fields = _stat(first.pid)
        if fields and (outside := of(int(fields[1]))):
            outside.signal(signal.SIGSTOP)
        while first.alive() and time.monotonic() < deadline:
            first.signal(signal.SIGCONT)  # it may have been stopped, with all that is behind a wall
            for process in tree(first.pid)[1:]:
                process.signal(signal.SIGKILL)
            first.wait(_LOOK_AGAIN)
    kill_tree(root, within)


def _is_first(pid: int) -> bool:
    """Whether a process is number one of a namespace of process ids inside ours."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in lines if line.startswith(b"NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == b"1"


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
