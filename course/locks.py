"""One process at a time: a file lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.errors import LabError


@contextmanager
def held(path: Path, timeout: float, doing: str) -> Iterator[None]:
    """Holds the lock `path` for the block.

    The file stays; the lock is the kernel's, and is gone with the process that holds it.

    Args:
        path: the lock file; its folder is made.
        timeout: seconds to wait for another holder.
        doing: what the other holder is doing, for the message.

    Raises:
        LabError: another process still holds it after `timeout` seconds.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # flock(2) has no deadline of its own
                if time.monotonic() > deadline:
                    raise LabError(
                        f"another process has been {doing} for more than {timeout:.0f} s.",
                        f"Look who holds it: fuser -v {path}",
                    ) from None
                time.sleep(0.05)
        yield
