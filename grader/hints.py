"""How many hints a student took: FOLDER/submitted/STUDENT/ASSIGNMENT/hints.json, written by hint cells.

A student can write anything there, and it costs or gives no points. It is read anew for each report, for a
submission with the same notebook and another hints.json is not executed again.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from course.checks import hints
from course.content import LESSONS

_MOST = 64 * 1024  # bytes


def used(folder: Path, assignment: str) -> dict[str, int]:
    """The steps taken of each task of an assignment, in the exercise's order, from the folder handed in.

    Tasks of which none was taken are left out, and so is all that is not as a hint cell writes it.
    """
    if assignment not in LESSONS:
        return {}
    said = _said(folder / hints.FILE)
    return {task: said[task] for task in hints.ladders(assignment) if task in said}


def _said(path: Path) -> dict[str, int]:
    try:
        # A link could lead anywhere, and a pipe would keep us waiting.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return {}
    try:
        regular = stat.S_ISREG(os.fstat(file).st_mode)
        data = os.read(file, _MOST + 1) if regular else b""
    finally:
        os.close(file)
    if len(data) > _MOST:
        return {}
    try:
        return hints.known(json.loads(data))
    except (ValueError, RecursionError):
        return {}


def task_of(cell: str) -> str:
    """The task that a test cell examines: TASK-test."""
    return cell.removesuffix("-test")
