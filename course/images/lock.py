"""One at a time, across processes."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from course.errors import ImageError

DEADLINE = 900.0  # seconds: longer than the slowest build that is still going on


@contextmanager
def held(path: Path, deadline: float = DEADLINE) -> Iterator[None]:
    """Holds an exclusive lock while the body runs.

    The kernel lets go of it when the process ends, however it ends, so nothing is left to clean up.

    Raises:
        ImageError: another process has held it for longer than the deadline (in seconds).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        _take(file, path, time.monotonic() + deadline)
        yield


def _take(file: IO[str], path: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            if time.monotonic() > until:
                message = f"another process has held {path} for too long"
                raise ImageError(message, f"Find it with `fuser {path}`, and end it.") from busy
            time.sleep(0.05)  # the kernel has no flock with a deadline
        else:
            return
