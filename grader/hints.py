"""The help that a student took, hints and solutions: FOLDER/submitted/STUDENT/ASSIGNMENT/hints.json.

Cells of the notebook write that file (`course.checks.kept`).

A student can write anything there, and it costs or gives no points. It is read anew for each report, for a
submission with the same notebook and another hints.json is not executed again.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from course.checks import hints, kept
from course.content import LESSONS

_MOST = 64 * 1024  # bytes


@dataclass(frozen=True)
class Help:
    """What a student took of an assignment, in the exercise's order; tasks without any are left out.

    Attributes:
        hints: how many hints of each task.
        solutions: the tasks whose solution was shown.
    """

    hints: dict[str, int] = field(default_factory=dict)
    solutions: tuple[str, ...] = ()


def used(folder: Path, assignment: str) -> Help:
    """The help taken, from the folder handed in; all that is not as a hint cell writes it is left out."""
    if assignment not in LESSONS:
        return Help()
    said = _said(folder / kept.FILE)
    there = [(task, said[task]) for task in hints.ladders(assignment) if task in said]
    return Help(
        {task: entry.hints for task, entry in there if entry.hints},
        tuple(task for task, entry in there if entry.solution),
    )


def _said(path: Path) -> dict[str, kept.Kept]:
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
        return kept.known(json.loads(data))
    except (ValueError, RecursionError):
        return {}


def task_of(cell: str) -> str:
    """The task that a test cell examines: TASK-test."""
    return cell.removesuffix(kept.TEST)
