"""To be told to end, in whatever way, is for every command what Ctrl-C is: once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_by_interrupt() -> None:
    """Makes each of ENDING raise KeyboardInterrupt, the first time that one comes.

    A second one says only that the end is under way: it must not stop the cleaning up after the first.
    One that the caller has set to be ignored, as nohup does, stays ignored.
    """
    sys.unraisablehook = _not_raised
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _first)


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Holds ENDING back for the block, so that a child's start is not interrupted before its pid is known.

    Yields what the child must call before it executes its program, to have its own signals again.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)

    def restore() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield restore
    finally:
        restore()


def lost() -> bool:
    """Whether a KeyboardInterrupt was raised where Python lets none out: in what it calls around a fork.

    Who is about to wait without end asks before, and raises it again.
    """
    return _lost


_lost = False


def _not_raised(problem: sys.UnraisableHookArgs) -> None:
    global _lost
    if problem.exc_type is KeyboardInterrupt:
        _lost = True
    else:
        sys.__unraisablehook__(problem)


def _first(_number: int, _frame: object) -> None:
    for number in ENDING:
        signal.signal(number, _again)
    raise KeyboardInterrupt


def _again(_number: int, _frame: object) -> None:
    print("Ending already ...", file=sys.stderr)
