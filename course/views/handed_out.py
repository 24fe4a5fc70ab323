"""What a student was handed out: a task's test cell, unchanged, and whether the notebook is a class's."""

from __future__ import annotations

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
    from nbformat import NotebookNode
    from nbgrader.utils import compute_checksum

    mark = part(part(cell, "metadata"), "nbgrader")
    known = {"cell_type": "code", "source": text(cell), "metadata": {"nbgrader": mark}}
    try:
        return bool(compute_checksum(_node(known, NotebookNode)) == mark.get("checksum"))
    except (KeyError, TypeError, ValueError, AttributeError):
        return False  # no mark as nbgrader makes it


def _node(data: dict[str, Any], kind: Any) -> Any:
    return kind(
        {key: _node(one, kind) if isinstance(one, dict) else one for key, one in data.items()}
    )
