"""What a lesson says about itself: its aims, its time, and the tasks of its exercise with their points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from course import sources
from course.errors import ContentError

_MINUTES = re.compile(r"(\d+)\s*(?:minutes|分钟)")
_BULLET = re.compile(r"^[-*] +(.*(?:\n(?!\s*\n|[-*] |\S).*)*)", re.MULTILINE)
# "## 3. Repair (3 points)", and the brackets of a Chinese text.
_HEADING = re.compile(r"^## *\d+[.、．] *(.*?)(?: *[(（][^()（）]*[)）])?$", re.MULTILINE)


@dataclass(frozen=True)
class Task:
    """One task of an exercise.

    Attributes:
        id: the id of its first answer cell.
        title: its heading, without number and points.
        points: what its test cell gives.
    """

    id: str
    title: str
    points: float


@dataclass(frozen=True)
class Outline:
    """One lesson.

    Attributes:
        lesson: its name.
        title: its heading.
        minutes: how long it takes, as its first cell says.
        aims: what a student can do afterwards: the list of its first cell.
        tasks: those of its exercise.
    """

    lesson: str
    title: str
    minutes: int
    aims: tuple[str, ...]
    tasks: tuple[Task, ...]

    @property
    def points(self) -> float:
        """What the whole exercise gives."""
        return sum(task.points for task in self.tasks)


def outline(lesson: str, lang: str = "en") -> Outline:
    """The outline of a lesson in a language.

    Raises:
        ContentError: its first cell has no list of aims or no time, or a task has no heading.
    """
    page, exercise = (_notebook(lesson, lang, is_exercise=which) for which in (False, True))
    opening = page or exercise
    if opening is None:
        raise ContentError(f"The lesson {lesson} has neither a page nor an exercise.")
    first = opening.cells[0].source
    minutes = _MINUTES.search(first)
    aims = [re.sub(r"\s+", " ", found).strip(" ;；.。") for found in _BULLET.findall(first)]
    if not minutes or not aims:
        raise ContentError(
            f"{lesson} ({lang}): the first cell does not say {'how long it takes' if aims else 'its aims'}.",
            "Write a list of what a student can do afterwards, and “about 45 minutes”.",
        )
    title = first.splitlines()[0].lstrip("# ")
    found = tuple(tasks(exercise)) if exercise else ()
    return Outline(lesson, title, int(minutes[1]), tuple(aims), found)


def tasks(exercise: NotebookNode) -> Iterator[Task]:
    """The tasks of an exercise's notebook, by their test cells.

    Raises:
        ContentError: a test cell comes before an answer cell or a heading of its own.
    """
    title, answer = "", ""
    for cell in exercise.cells:
        if cell.cell_type == "markdown":
            title = (_HEADING.findall(cell.source) or [title])[-1]
        elif _mark(cell, "solution"):
            answer = answer or cell.id
        if _mark(cell, "grade"):
            if not (title and answer):
                raise ContentError(
                    f"The test cell {cell.id} has no {'answer cell' if title else 'heading'} before it.",
                    "A task is: a text that begins with `## N. Title (… points)`, its answer cells, its test cell.",
                )
            yield Task(answer, title, float(cell.metadata.nbgrader.points))
            title, answer = "", ""


def _mark(cell: NotebookNode, name: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(name))


def _notebook(lesson: str, lang: str, *, is_exercise: bool) -> NotebookNode | None:
    for source in sources.sources(lesson):
        if source.is_exercise == is_exercise:
            return sources.read(source, lang)
    return None
