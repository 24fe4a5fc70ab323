"""Where the course teaches each item of the material that it is to cover.

course/content/LESSON/material.toml lists the items of a lesson:

    [[item]]
    what = "the item, in our own words"
    cells = ["…"]    ids of cells of the lesson's page that show or explain it
    tasks = ["…"]    ids of tasks that ask for it: the first answer cell's
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from course import outline, sources
from course.content import LESSONS
from course.errors import ContentError

FOLDER = sources.CONTENT
_KEYS = frozenset({"what", "cells", "tasks"})


@dataclass(frozen=True)
class Item:
    """One item of the material, and where it is."""

    lesson: str
    what: str
    cells: tuple[str, ...]
    tasks: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether nothing teaches it."""
        return not (self.cells or self.tasks)


def items(lesson: str) -> list[Item]:
    """The items of a lesson, in the order of its file.

    Raises:
        ContentError: the file is not there, or not as it must be.
    """
    path = FOLDER / lesson / "material.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["item"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as problem:
        raise ContentError(f"{lesson}/material.toml cannot be read: {problem}") from problem
    if any(set(row) - _KEYS or not row.get("what") for row in rows):
        raise ContentError(
            f"{lesson}/material.toml needs [[item]] tables with what, cells and tasks, and nothing else."
        )
    return [
        Item(lesson, row["what"], tuple(row.get("cells", ())), tuple(row.get("tasks", ())))
        for row in rows
    ]


def table() -> list[Item]:
    """All items, in the order of the course."""
    return [item for lesson in LESSONS for item in items(lesson)]


def faults() -> list[str]:
    """What is wrong: an item that nothing teaches, or a cell or task that is not there."""
    return [line for lesson in LESSONS for line in _faults(lesson)]


def _faults(lesson: str) -> Iterator[str]:
    cells, tasks = set(), set()
    for source in sources.sources(lesson):
        notebook = sources.read(source)
        if source.is_exercise:
            tasks = {task.id for task in outline.tasks(notebook)}
        else:
            cells = {cell.id for cell in notebook.cells}
    for item in items(lesson):
        place = f"{lesson}/material.toml: “{item.what}”"
        if item.open:
            yield f"{place} is open: it names neither a cell nor a task."
        yield from (
            f"{place}: there is no cell {name}." for name in item.cells if name not in cells
        )
        yield from (
            f"{place}: there is no task {name}." for name in item.tasks if name not in tasks
        )
