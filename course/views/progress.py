"""How far a student is, read from the notebooks that they saved; nothing else is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.checks import hints
from course.checks.scorecard import MIME
from course.content import LESSONS
from course.language import _

PAGE, EXERCISE = "lesson.ipynb", "exercise.ipynb"


@dataclass(frozen=True)
class Task:
    """One task of an exercise, as its test cell showed it when it was last run and saved.

    The hidden checks are the grader's: of the points here, only those of visible checks are known.

    Attributes:
        id: the test cell's id.
        points: what the task gives.
        checked: whether its test cell has left its checks.
        seen: the points of the checks that were run.
        held: the points of those that held.
        holds: whether all of them did.
    """

    id: str
    points: float
    checked: bool = False
    seen: float = 0.0
    held: float = 0.0
    holds: bool = False


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        name: its folder.
        title: its heading.
        files: its notebooks, below the course's folder: the page, the exercise, or both.
        cells: how many code cells the page has.
        run: how many of them were run.
        tasks: those of its exercise.
        hints: how many hints were taken.
        problem: why a notebook could not be read; empty where all could.
    """

    name: str
    title: str
    files: tuple[str, ...]
    cells: int = 0
    run: int = 0
    tasks: tuple[Task, ...] = ()
    hints: int = 0
    problem: str = ""

    @property
    def done(self) -> int:
        """How many tasks there are whose visible checks hold."""
        return sum(task.holds for task in self.tasks)

    @property
    def points(self) -> float:
        """What the whole exercise gives."""
        return sum(task.points for task in self.tasks)

    @property
    def seen(self) -> float:
        """The points of the checks that were run."""
        return sum(task.seen for task in self.tasks)

    @property
    def held(self) -> float:
        """The points of those that held."""
        return sum(task.held for task in self.tasks)


def progress(folder: Path) -> list[Lesson]:
    """The lessons whose notebooks are in the folder, in the order of the course."""
    return [one for name in LESSONS if (one := _lesson(folder, name))]


def _lesson(folder: Path, name: str) -> Lesson | None:
    there = [file for file in (PAGE, EXERCISE) if (folder / name / file).is_file()]
    if not there:
        return None
    cells, problems = {}, []
    for file in there:
        try:
            cells[file] = _cells(folder / name / file)
        except (OSError, ValueError, RecursionError) as problem:
            problems.append(_("{file} cannot be read: {problem}", file=file, problem=problem))
    code = [cell for cell in cells.get(PAGE, []) if _is_code(cell)]
    return Lesson(
        name=name,
        title=next((found for file in there if (found := _title(cells.get(file, [])))), name),
        files=tuple(f"{name}/{file}" for file in there),
        cells=len(code),
        run=sum(bool(cell.get("execution_count")) for cell in code),
        tasks=tuple(_tasks(cells.get(EXERCISE, []))),
        hints=sum(hints.taken(folder / name / hints.FILE).values()),
        problem=" ".join(problems),
    )


def _cells(path: Path) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_bytes())
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError(_("it is no notebook"))  # noqa: TRY004 - what a file holds is its value
    return [cell for cell in cells if isinstance(cell, dict)]


def _is_code(cell: dict[str, Any]) -> bool:
    return cell.get("cell_type") == "code" and bool(_text(cell).strip())


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")  # a text, or a list of its lines
    return source if isinstance(source, str) else "".join(map(str, source))


def _title(cells: list[dict[str, Any]]) -> str:
    first = next(iter(_text(cells[0]).splitlines()), "") if cells else ""
    return first.lstrip("# ") if first.startswith("#") else ""


def _tasks(cells: list[dict[str, Any]]) -> list[Task]:
    found = {}
    for cell in cells:
        mark = _part(_part(cell, "metadata"), "nbgrader")
        if mark.get("grade"):
            name = str(mark.get("grade_id") or cell.get("id"))
            found[name] = _task(name, _number(mark.get("points")), cell.get("outputs"))
    return list(found.values())


def _task(name: str, points: float, outputs: Any) -> Task:
    for output in outputs if isinstance(outputs, list) else []:
        card = _part(_part(output, "data"), MIME)
        lines = card.get("lines")
        if isinstance(lines, list) and lines:
            seen = sum(_number(_part(line).get("points")) for line in lines)
            held = sum(_number(_part(line).get("points")) for line in lines if _held(line))
            return Task(name, points, True, seen, held, all(_held(line) for line in lines))
    return Task(name, points)


def _held(line: Any) -> bool:
    return _part(line).get("held") is True


def _part(of: Any, name: str = "") -> dict[str, Any]:
    """What a JSON object holds under a name, or it itself; empty where that is no object."""
    found = of.get(name) if name and isinstance(of, dict) else of if not name else None
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) else 0.0
