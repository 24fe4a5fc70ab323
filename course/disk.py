"""Room on the disk, asked for before work that would otherwise stop half-way."""

from __future__ import annotations

import shutil
from pathlib import Path

from course.errors import DiskFullError


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


def human(size: int) -> str:
    """`size` bytes as a person says it."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
