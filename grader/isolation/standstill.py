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
_STOPPED = "Tt"


class Standstill:
    """The processes from `root` on downwards."""

    def __init__(self, root: int) -> None:
        self.root = root

    def begin(self) -> bool:
        """Stop them all; False where that could not be done."""
        end = time.monotonic() + _WITHIN
        while True:
            running = [pid for pid in self._all() if _state(pid) not in _STOPPED]
            if not running:
                return True
            if time.monotonic() > end:
                return False
            _send(running, signal.SIGSTOP)

    def end(self) -> None:
        """Let them go on."""
        _send(self._all(), signal.SIGCONT)

    def _all(self) -> list[int]:
        return [process.pid for process in processes.tree(self.root)]


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
