"""Whether a person ran a cell by itself, or it came in a row with others (*Run All*)."""

from __future__ import annotations

import time
from typing import Any

# Seconds between two cells: a queue leaves some milliseconds, and nobody presses a key twice in this time.
IN_A_ROW = 0.1


class Pace:
    """Listens to a shell's cells; where there is no shell, everything counts as run by itself."""

    def __init__(self) -> None:
        self._ended = float("-inf")
        self.in_a_row = False

    def listen(self, shell: Any) -> None:
        """Begin to listen; a second time changes nothing."""
        if self.before not in shell.events.callbacks["pre_run_cell"]:
            shell.events.register("pre_run_cell", self.before)
            shell.events.register("post_run_cell", self.after)

    def before(self, _info: Any = None) -> None:
        """A cell begins."""
        self.in_a_row = time.monotonic() - self._ended < IN_A_ROW

    def after(self, _result: Any = None) -> None:
        """A cell has ended."""
        self._ended = time.monotonic()


pace = Pace()
"""Of this process's shell; `%load_ext course` has it listen."""
