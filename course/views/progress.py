"""How far a student is: read from what is kept beside their notebooks, and from the notebooks that they saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.checks import kept
from course.checks.kept import TEST, Kept
from course.checks.scorecard import MIME
from course.content import LESSONS
from course.language import _

PAGE, EXERCISE = "lesson.ipynb", "exercise.ipynb"


@dataclass(frozen=True)
class Task:
    """One task of an exercise, as its checks last came out.

    The hidden checks are the grader's: of the points here, only those of visible checks are known.

    Attributes:
        id: the test cell's id.
        points: what the task gives.
        checked: whether its checks have ever run.
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
        solutions: how many solutions were shown.
        problem: why a notebook could not be read; empty where all could.
    """

    name: str
    title: str
    files: tuple[str, ...]
    cells: int = 0
    run: int = 0
    tasks: tuple[Task, ...] = ()
    hints: int = 0
    solutions: int = 0
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
            cells[file] = cells_of(read(folder / name / file))
        except (OSError, ValueError, RecursionError) as problem:
            problems.append(_("{file} cannot be read: {problem}", file=file, problem=problem))
    noted = kept.read(folder / name / kept.FILE)
    code = [cell for cell in cells.get(PAGE, []) if _is_code(cell)]
    return Lesson(
        name=name,
        title=next((found for file in there if (found := _title(cells.get(file, [])))), name),
        files=tuple(f"{name}/{file}" for file in there),
        cells=len(code),
        run=sum(bool(cell.get("execution_count")) for cell in code),
        tasks=tuple(_tasks(cells.get(EXERCISE, []), noted)),
        hints=sum(one.hints for one in noted.values()),
        solutions=sum(one.solution for one in noted.values()),
        problem=" ".join(problems),
    )


def read(path: Path) -> dict[str, Any]:
    """The notebook that a file holds.

    Raises:
        OSError, ValueError, RecursionError: it holds none.
    """
    notebook = json.loads(path.read_bytes())
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError(_("it is no notebook"))  # noqa: TRY004 - what a file holds is its value
    return notebook


def cells_of(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its cells, whatever they hold."""
    return [cell for cell in notebook["cells"] if isinstance(cell, dict)]


def _is_code(cell: dict[str, Any]) -> bool:
    return cell.get("cell_type") == "code" and bool(text(cell).strip())


def text(cell: dict[str, Any]) -> str:
    """A cell's source."""
    source = cell.get("source", "")  # a text, or a list of its lines
    return source if isinstance(source, str) else "".join(map(str, source))


def _title(cells: list[dict[str, Any]]) -> str:
    first = next(iter(text(cells[0]).splitlines()), "") if cells else ""
    return first.lstrip("# ") if first.startswith("#") else ""


def _tasks(cells: list[dict[str, Any]], noted: Mapping[str, Kept]) -> list[Task]:
    found = {}
    for cell in cells:
        mark = part(part(cell, "metadata"), "nbgrader")
        if mark.get("grade"):
            name = str(mark.get("grade_id") or cell.get("id"))
            points = _number(mark.get("points"))
            one = noted.get(name.removesuffix(TEST), Kept())
            # What is kept is the later of the two: every run is noted there, a notebook is saved now and then.
            if one.checked:
                found[name] = Task(name, points, True, one.seen, one.held, one.holds)
            else:
                found[name] = _saved(name, points, cell.get("outputs"))
    return list(found.values())


def _saved(name: str, points: float, outputs: Any) -> Task:
    """A task as the output of its test cell has it."""
    for output in outputs if isinstance(outputs, list) else []:
        card = part(part(output, "data"), MIME)
        lines = card.get("lines")
        if isinstance(lines, list) and lines:
            seen = sum(_number(part(line).get("points")) for line in lines)
            held = sum(_number(part(line).get("points")) for line in lines if _held(line))
            return Task(name, points, True, seen, held, all(_held(line) for line in lines))
    return Task(name, points)


def _held(line: Any) -> bool:
    return part(line).get("held") is True


def part(of: Any, name: str = "") -> dict[str, Any]:
    """What a JSON object holds under a name, or it itself; empty where that is no object."""
    found = of.get(name) if name and isinstance(of, dict) else of if not name else None
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) else 0.0
