"""Waiting for a file to appear, by inotify(7), without a loop that looks again and again."""

from __future__ import annotations

import ctypes
import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from course.processes import ProcessId

_IN_CREATE, _IN_MOVED_TO = 0x100, 0x80
_LOOK_AGAIN = 0.25
"""Seconds after which to look without an event: where inotify or pidfd is refused, this is the wait."""


def wait_for_file(path: Path, maker: ProcessId, timeout: float) -> bool:
    """Waits until `path` is there; False when `maker` ended without it or `timeout` seconds passed.

    The folder of `path` must exist.
    """
    return wait_in_folder(path.parent, path.exists, maker, timeout)


def wait_in_folder(
    folder: Path, done: Callable[[], bool], maker: ProcessId, timeout: float
) -> bool:
    """Waits until `done`, which looks at `folder`; False as for `wait_for_file`."""
    deadline = time.monotonic() + timeout
    watch, ended = _watch(folder), _pidfd(maker.pid)
    look_again = 0.02 if watch is None or ended is None else _LOOK_AGAIN
    poll = select.poll()
    for fd in (watch, ended):
        if fd is not None:
            poll.register(fd, select.POLLIN)
    try:
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or not maker.alive():
                return done()
            ready = [fd for fd, _ in poll.poll(min(left, look_again) * 1000)]
            if watch in ready:
                os.read(watch, 4096)
        return True
    finally:
        for fd in (watch, ended):
            if fd is not None:
                os.close(fd)


def _watch(folder: Path) -> int | None:
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if fd < 0:
        return None
    if libc.inotify_add_watch(fd, os.fsencode(folder), _IN_CREATE | _IN_MOVED_TO) < 0:
        os.close(fd)
        return None
    return int(fd)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
