"""To be told to end, in whatever way, is for every command what Ctrl-C is: once."""

from __future__ import annotations

import signal
import sys

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_by_interrupt() -> None:
    """Makes each of ENDING raise KeyboardInterrupt, the first time that one comes.

    A second one says only that the end is under way: it must not stop the cleaning up after the first.
    One that the caller has set to be ignored, as nohup does, stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _first)


def _first(_number: int, _frame: object) -> None:
    for number in ENDING:
        signal.signal(number, _again)
    raise KeyboardInterrupt


def _again(_number: int, _frame: object) -> None:
    print("Ending already ...", file=sys.stderr)
