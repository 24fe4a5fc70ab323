"""`lab release --solutions`: hands out the solutions of exercises that were released, when it is time.

FOLDER/source/LESSON/solutions.json     from the notebook beside it, as the teacher has made that
FOLDER/release/LESSON/solutions.json    the same, for the students; what else is there stays as it is
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import nbformat

from course import locks
from course.errors import GradeError
from course.views import solutions
from grader.ledger import NOTEBOOK, PARTS

_LOCK_FOR = 5.0


def hand_out(folder: Path, lessons: Sequence[str]) -> dict[str, int]:
    """Put the solutions beside the notebooks that students get; how many tasks, by lesson.

    Args:
        folder: nbgrader's course folder.
        lessons: whose; all that were released, where there are none.

    Raises:
        GradeError: one was not released in this folder.
    """
    folder = folder.resolve()
    names = list(lessons) or sorted(
        path.parent.name for path in folder.glob(f"release/*/{NOTEBOOK}")
    )
    if not names:
        raise GradeError(
            f"No exercise has been released in {folder}.", f"First: ./lab release {folder}"
        )
    for name in names:
        if not all((folder / part / name / NOTEBOOK).is_file() for part in PARTS):
            first = f"First: ./lab release {folder} {name}"
            raise GradeError(f"{name} has not been released in {folder}.", first)
    with locks.held(folder / ".kubelab" / "lock", _LOCK_FOR, f"working on {folder}"):
        return {name: _hand_out(folder, name) for name in names}


def _hand_out(folder: Path, lesson: str) -> int:
    found = solutions.by_task(nbformat.read(folder / "source" / lesson / NOTEBOOK, as_version=4))
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    for part in PARTS:
        (folder / part / lesson / solutions.FILE).write_text(text, encoding="utf-8")
    return len(found)
