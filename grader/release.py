"""`lab release`: a course folder that is ready for a class.

FOLDER/source/LESSON/exercise.ipynb    the exercise with its solutions and hidden tests: yours alone
FOLDER/release/LESSON/                 what students get, made of it by nbgrader's generate_assignment
FOLDER/gradebook.db                    knows the assignment and its points
FOLDER/nbgrader_config.py              as `lab grade` leaves it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from course import build, locks
from course.content import LESSONS
from course.errors import GradeError
from grader import config
from grader.assignments import for_a_class, generate
from grader.ledger import NOTEBOOK, Ledger

_LOCK_FOR = 5.0


@dataclass(frozen=True)
class Released:
    """One assignment that a folder holds now.

    Attributes:
        lesson: its name.
        tests: how many cells give points.
        points: how many they give in all.
        written: whether this call wrote it; False: it was there, and as it should be.
    """

    lesson: str
    tests: int
    points: float
    written: bool


def release(
    folder: Path, lessons: Sequence[str] = (), *, lang: str = "en", replace: bool = False
) -> list[Released]:
    """Make the exercises of lessons, all by default, ready in a course folder.

    What is there and as it should be stays as it is.

    Args:
        folder: nbgrader's course folder; it is made.
        lessons: whose exercises.
        lang: in which language.
        replace: overwrite what somebody changed, and what is there in another language.

    Raises:
        ContentError: there is no such lesson or language.
        GradeError: a file would be lost, or nbgrader could not prepare an assignment.
    """
    folder = folder.resolve()
    exercises = [build.exercise(lesson) for lesson in lessons] if lessons else _all()
    texts = {one.lesson: build.as_text(for_a_class(one, lang)) for one in exercises}
    with (
        locks.held(folder / ".kubelab" / "lock", _LOCK_FOR, f"working on {folder}"),
        config.nbgraders_needs(),
    ):
        ledger = Ledger(folder)
        due = {name: text for name, text in texts.items() if not _is_there(ledger, name, text)}
        if not replace:
            _refuse_to_lose(ledger, due, lang)
        config.write(folder)
        for lesson, text in due.items():
            path = folder / "source" / lesson / NOTEBOOK
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            generate(folder, lesson)
            ledger.write(lesson, lang)
        return [_told(name, text, name in due) for name, text in texts.items()]


def _all() -> list[build.Source]:
    return [source for source in build.sources() if source.is_exercise]


def _is_there(ledger: Ledger, lesson: str, text: str) -> bool:
    path = ledger.folder / "source" / lesson / NOTEBOOK
    whole = ledger.is_whole(lesson) and path.exists() and path.read_text(encoding="utf-8") == text
    return whole and _in_gradebook(ledger.folder, lesson)


def _in_gradebook(folder: Path, lesson: str) -> bool:
    if not (folder / "gradebook.db").exists():
        return False
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        try:
            return bool(book.find_assignment(lesson).notebooks)
        except MissingEntry:
            return False


def _refuse_to_lose(ledger: Ledger, due: dict[str, str], lang: str) -> None:
    """Nothing is written where a file of somebody else's would be lost."""
    changed = [path.relative_to(ledger.folder) for name in due for path in ledger.changed(name)]
    if changed:
        raise GradeError(
            f"{ledger.folder} holds files that were changed, or that the lab did not write: "
            f"{', '.join(map(str, changed))}. Nothing was written.",
            "To keep them, do nothing: `lab grade` grades by your source/, and `nbgrader generate_assignment "
            "--force` makes release/ of it.\nTo have the course's instead, add --replace.",
        )
    for name in due:
        before = ledger.language(name)
        if before not in (None, lang):
            raise GradeError(
                f"{ledger.folder} holds {name} in the language {before}. Nothing was written.",
                "Take another folder, or add --replace where no student has it yet.",
            )


def _told(lesson: str, text: str, written: bool) -> Released:
    cells = nbformat.reads(text, as_version=4).cells
    marks = [cell.metadata.get("nbgrader", {}) for cell in cells]
    points = [float(mark["points"]) for mark in marks if mark.get("grade")]
    return Released(lesson, len(points), sum(points), written)


def own_sources(folder: Path) -> list[str]:
    """The lessons that are graded by a source that the teacher changed after the release."""
    ledger = Ledger(folder.resolve())
    return [name for name in LESSONS if ledger.language(name) and ledger.changed(name, ["source"])]
