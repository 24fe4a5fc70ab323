"""Stops the student's processes while the examiner looks: what is examined does not change meanwhile.

Nothing of the student's then answers in a Pod's place, mends or breaks an object at the right moment, or
takes the processor away.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from course import processes

_WITHIN = 5.0  # seconds, for processes that start others as fast as they are stopped


class Standstill:
    """The processes from `root` on downwards."""

    def __init__(self, root: int) -> None:
        self.root = root

    def begin(self) -> bool:
        """Stop them all; False where that could not be done."""
        end, told = time.monotonic() + _WITHIN, set[int]()
        while True:
            running = [pid for pid in self._all() if not _stands(_state(pid), told=pid in told)]
            if not running:
                return True
            if time.monotonic() > end:
                return False
            _send(running, signal.SIGSTOP)
            told.update(running)

    def end(self) -> None:
        """Let them go on."""
        _send(self._all(), signal.SIGCONT)

    def _all(self) -> list[int]:
        return [process.pid for process in processes.tree(self.root)]


def _stands(state: str, *, told: bool) -> bool:
    """True for a stopped one, and for one inside the kernel that was told: it stops on its way out.

    The second is the parent of a vfork, until its child executes a program, which a stopped one does not.
    """
    return state in "Tt" or (told and state == "D")


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _state(pid: int) -> str:
    """A process's state as in proc(5); one that is gone stands still."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return stat.rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return "T"
