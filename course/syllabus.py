"""The syllabus, as a page: aims, times, tasks and points, and where the material is. All from the content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from course import material, outline
from course.content import LESSONS


def page(lang: str = "en") -> str:
    """The page in Markdown.

    Raises:
        ContentError: a lesson does not say what the page needs, or there is no such language.
    """
    outlines = [outline.outline(lesson, lang) for lesson in LESSONS]
    parts = ["# Syllabus", "Made from the lessons by `./lab syllabus`.", _overview(outlines)]
    for number, one in enumerate(outlines, 1):
        parts += _lesson(number, one)
    parts += ["## From the material to the cells", material_table()]
    return "\n\n".join(parts) + "\n"


def _overview(outlines: Sequence[outline.Outline]) -> str:
    rows = [
        (str(number), one.title, str(one.minutes), str(len(one.tasks)), f"{one.points:g}")
        for number, one in enumerate(outlines, 1)
    ]
    total = (
        "", "all", str(sum(one.minutes for one in outlines)),
        str(sum(len(one.tasks) for one in outlines)), f"{sum(one.points for one in outlines):g}",
    )  # fmt: skip
    return _table(("", "lesson", "minutes", "tasks", "points"), [*rows, total])


def _lesson(number: int, one: outline.Outline) -> list[str]:
    rows = [(task.title, f"`{task.id}`", f"{task.points:g}") for task in one.tasks]
    return [
        f"## {number}. {one.title}",
        "Afterwards you can",
        "\n".join(f"- {aim}" for aim in one.aims),
        _table(("task", "cell", "points"), rows),
    ]


def material_table() -> str:
    """The table of the material's items against lesson, cells and tasks."""
    rows = [
        (item.what, item.lesson, _code(item.cells), _code(item.tasks)) for item in material.table()
    ]
    return _table(("item", "lesson", "cells", "tasks"), rows)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def show(lang: str, output: Path | None, *, only_material: bool) -> int:
    """`lab syllabus`: print the page, or write it; returns the exit code."""
    text = material_table() + "\n" if only_material else page(lang)
    if output:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Written: {output}")
    else:
        click.echo(text, nl=False)
    wrong = material.faults() if only_material else []
    for line in wrong:
        click.echo(f"ERROR: {line}", err=True)
    if only_material:
        items = material.table()
        click.echo(
            f"{len(items)} items, {sum(item.open for item in items)} open, {len(wrong)} faults.",
            err=True,
        )
    return 1 if wrong else 0
