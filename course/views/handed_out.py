"""What a student was handed out: a task's test cell, unchanged, and whether the notebook is a class's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from course.checks.kept import TEST
from course.errors import ContentError
from course.language import _, spoken
from course.views.progress import EXERCISE, cells_of, part, read, text

KUBELAB, SOLUTIONS = "kubelab", "solutions"
BY_TEACHER = "teacher"
"""What `lab release` writes into a notebook's metadata, at kubelab/solutions: the teacher hands the solutions out."""


def test_of(folder: Path, lesson: str, task: str) -> str:
    """The source of a task's test cell, with the checks that students see.

    That of the student's notebook where nbgrader's checksum says that nobody changed it (a teacher may have, before
    the release), else the course's own.

    Raises:
        ContentError: there is neither.
    """
    name = f"{task}{TEST}"
    for cell in _cells(folder):
        if cell.get("id") == name and _is_as_released(cell):
            return text(cell)
    from course import build  # nbgrader takes a moment to import

    for cell in build.render(build.exercise(lesson), spoken()).cells:
        if cell.id == name:
            return str(cell.source)
    raise ContentError(_("The lesson {lesson} has no test cell {name}.", lesson=lesson, name=name))


def is_of_a_class(folder: Path, *, unknown: bool) -> bool:
    """Whether the exercise came from a teacher by `lab release`; `unknown` for one that cannot be read."""
    try:
        metadata = read(folder / EXERCISE).get("metadata")
    except (OSError, ValueError, RecursionError):
        return unknown
    return part(metadata, KUBELAB).get(SOLUTIONS) == BY_TEACHER


def _cells(folder: Path) -> list[dict[str, Any]]:
    try:
        return cells_of(read(folder / EXERCISE))
    except (OSError, ValueError, RecursionError):
        return []


def _is_as_released(cell: dict[str, Any]) -> bool:
    mark = part(part(cell, "metadata"), "nbgrader")
    return bool(mark.get("grade")) and checksum(text(cell), mark) == mark.get("checksum")


def checksum(source: str, mark: dict[str, Any]) -> str:
    """nbgrader's checksum of a code cell that gives points: as `nbgrader.utils.compute_checksum` of 0.9.6.

    nbgrader itself would take 80 MB of the student's kernel, for this alone.
    """
    try:
        points = float(mark.get("points", 0))
    except (TypeError, ValueError):
        return ""
    solution = bool(mark.get("solution"))
    flags = [
        str(True),
        str(solution),
        str(not solution),
    ]  # it gives points, is an answer, is locked
    parts = [source, "code", *flags, str(mark.get("grade_id")), str(points)]
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
