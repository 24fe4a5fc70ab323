"""When a task's solution may be shown, and where it comes from.

Who learns alone (notebooks/, Binder) may see it after all hints, or after a check that did not hold: it comes from the
course's own sources. In a class (`lab release`) it comes from `solutions.json` beside the notebook, and from nowhere
else: the teacher hands that out (`lab release --solutions`) when it is time.

Neither the notebook nor anything beside it holds a solution before. This is a rule for learning, not a lock: who can
read course/content, here or where it is published, can read the solutions. Scores do not depend on it (other values,
hidden checks), and what was shown is noted and reported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from course.checks.kept import STEPS, TEST, Kept
from course.errors import ContentError
from course.language import _, spoken
from course.views.handed_out import is_of_a_class

FILE = "solutions.json"
"""{"TASK": ["the text of an answer cell", …]}"""


def refusal(folder: Path, entry: Kept) -> str:
    """Why a task's solution is not shown yet; empty where it may be."""
    if is_of_a_class(folder, unknown=True) and not (folder / FILE).is_file():
        return _(
            "In your class, the teacher hands out the solutions, as {file} beside the notebook.",
            file=FILE,
        )
    if entry.solution or entry.hints == STEPS or (entry.checked and not entry.holds):
        return ""
    return _(
        "The solution is shown after all {count} hints, or after a check that did not hold.",
        count=STEPS,
    )


def of_task(folder: Path, lesson: str, task: str) -> list[str]:
    """The solution's text for each answer cell of a task.

    Raises:
        ContentError: there is none.
    """
    found = _handed_out(folder / FILE) if (folder / FILE).is_file() else _of_the_course(lesson)
    if not found.get(task):
        raise ContentError(_("There is no solution of the task {task} here.", task=task))
    return found[task]


def by_task(notebook: Any) -> dict[str, list[str]]:
    """Of a notebook that holds solutions: those of each task, whose test cell follows its answer cells."""
    from course import build  # nbgrader takes a moment to import

    found: dict[str, list[str]] = {}
    answers: list[str] = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution"):
            answers.append(build.without_marks(cell.source))
        elif mark.get("grade"):
            found[str(mark.get("grade_id")).removesuffix(TEST)] = answers
            answers = []
    return found


def _of_the_course(lesson: str) -> dict[str, list[str]]:
    from course import build

    return by_task(build.read(build.exercise(lesson), spoken()))


def _handed_out(path: Path) -> dict[str, list[str]]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as problem:
        raise ContentError(
            _("{file} cannot be read: {problem}", file=path, problem=problem)
        ) from problem
    entries = data.items() if isinstance(data, dict) else ()
    return {task: [*map(str, texts)] for task, texts in entries if isinstance(texts, list)}
