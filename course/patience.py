"""The clock of a check's patience: on a machine that has too little processor, deadlines come later.

Who grades uses all of the machine, and what a check waits for (a Pod's start, an endpoint) is slower then. A right
answer must not lose its points for that.
"""

from __future__ import annotations

import time
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")
"""Since Linux 4.20, where it is switched on; its total counts the time in which somebody waited for a processor."""
_COUNTS = 0.5
"""How much of such time counts: at the worst, a deadline is twice as far as it says."""


def clock(pressure: Path = _PRESSURE) -> float:
    """Seconds since some moment, as time.monotonic(), but that seconds of want count half."""
    return time.monotonic() - (1 - _COUNTS) * _wanted(pressure)


def _wanted(pressure: Path) -> float:
    """The seconds since the machine's start in which a program waited for a processor; 0 where that is not known."""
    try:
        some = pressure.read_text().splitlines()[
            0
        ]  # some avg10=… avg60=… avg300=… total=MICROSECONDS
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0
