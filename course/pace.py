"""Whether a person ran a cell by itself, or it came in a row with others (*Run All*)."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

# Seconds between two requests of a frontend: *Run All* sends them all at once.
SENT_TOGETHER = 0.3
# Seconds from one cell's end to the next one's start, where a frontend sends each when the one before is done.
IN_A_ROW = 0.1


class Pace:
    """Listens to a shell's cells; where there is no shell, everything counts as run by itself."""

    def __init__(self) -> None:
        self._shell: Any = None
        self._ended = self._sent = float("-inf")
        self.in_a_row = False

    def listen(self, shell: Any) -> None:
        """Begin to listen; a second time changes nothing."""
        self._shell, self._sent = shell, _sent(shell)
        if self.before not in shell.events.callbacks["pre_run_cell"]:
            shell.events.register("pre_run_cell", self.before)
            shell.events.register("post_run_cell", self.after)

    def before(self, _info: Any = None) -> None:
        """A cell begins."""
        sent, earlier = _sent(self._shell), self._sent
        self._sent = sent
        at_once = time.monotonic() - self._ended < IN_A_ROW
        self.in_a_row = at_once or abs(sent - earlier) < SENT_TOGETHER

    def after(self, _result: Any = None) -> None:
        """A cell has ended."""
        self._ended = time.monotonic()


def _sent(shell: Any) -> float:
    """When the frontend sent the cell that runs, by its own clock; infinite where that is not known."""
    try:
        date = shell.get_parent()["header"]["date"]
        return float(date.timestamp()) if isinstance(date, datetime) else float("inf")
    except (AttributeError, KeyError, TypeError):
        return float("inf")


pace = Pace()
"""Of this process's shell; `%load_ext course` has it listen."""
