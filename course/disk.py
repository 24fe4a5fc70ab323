"""Room on the disk, asked for before work that would otherwise stop half-way."""

from __future__ import annotations

import shutil
from pathlib import Path

from course.errors import DiskFullError

_NOTHING = 1 << 20
"""Bytes; a disk with fewer left is full for every purpose."""


def need(folder: Path, size: int, what: str) -> None:
    """Makes sure that `size` bytes are free where `folder` is or will be.

    Raises:
        DiskFullError: they are not.
    """
    there = folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < size:
        raise DiskFullError(
            f"{what} needs {human(size)} of disk space, and {there} has {human(free)} left.",
            "Free some space there, or set XDG_CACHE_HOME and XDG_STATE_HOME to a bigger disk.",
        )


def complaint(folder: Path) -> str:
    """A sentence where nothing can be written in `folder` any more; empty where there is room.

    For the message of a failure whose own words may not have found room in a log.
    """
    if not folder.exists() or shutil.disk_usage(folder).free >= _NOTHING:
        return ""
    return f" There is no space left on the disk of {folder}."


def human(size: int) -> str:
    """`size` bytes as a person says it."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
