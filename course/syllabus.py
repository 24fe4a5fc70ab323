"""The syllabus, as a page: aims, times, tasks and points, and where the material is. All from the content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from course import material, outline
from course.content import LESSONS
from course.language import SOURCE, Translator, translator
from course.sources import NOTEBOOKS


def page(lang: str = SOURCE) -> str:
    """The page in Markdown. The material's items are told in English only, and so not on other pages.

    Raises:
        ContentError: a lesson does not say what the page needs, or there is no such language.
    """
    _ = translator(lang)
    outlines = [outline.outline(lesson, lang) for lesson in LESSONS]
    made = _("Made from the lessons by {command}.", command=f"`{command(lang)}`")
    parts = [f"# {_('Syllabus')}", made, _overview(outlines, _)]
    for number, one in enumerate(outlines, 1):
        parts += _lesson(number, one, _)
    if lang == SOURCE:
        parts += ["## From the material to the cells", material_table()]
    return "\n\n".join(parts) + "\n"


def command(lang: str) -> str:
    """What prints the page."""
    return "./lab syllabus" if lang == SOURCE else f"./lab syllabus --lang {lang}"


def _overview(outlines: Sequence[outline.Outline], _: Translator) -> str:
    rows = [
        (str(number), one.title, str(one.minutes), str(len(one.tasks)), f"{one.points:g}")
        for number, one in enumerate(outlines, 1)
    ]
    total = (
        "", _("all"), str(sum(one.minutes for one in outlines)),
        str(sum(len(one.tasks) for one in outlines)), f"{sum(one.points for one in outlines):g}",
    )  # fmt: skip
    return _table(("", _("lesson"), _("minutes"), _("tasks"), _("points")), [*rows, total])


def _lesson(number: int, one: outline.Outline, _: Translator) -> list[str]:
    rows = [(task.title, f"`{task.id}`", f"{task.points:g}") for task in one.tasks]
    return [
        f"## {number}. {one.title}",
        _("Afterwards you can"),
        "\n".join(f"- {aim}" for aim in one.aims),
        _table((_("task"), _("cell"), _("points")), rows),
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


def file(lang: str, folder: Path = NOTEBOOKS) -> Path:
    """Where the built page lies: beside the lessons."""
    return folder / lang / "SYLLABUS.md"


def write(lang: str, folder: Path = NOTEBOOKS) -> Path:
    """Write the page there; returns its path."""
    path = file(lang, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(lang), encoding="utf-8")
    return path


def check(lang: str, folder: Path = NOTEBOOKS) -> list[str]:
    """What is wrong with the page that is there: empty where the content makes the same."""
    path = file(lang, folder)
    if path.exists() and path.read_text(encoding="utf-8") == page(lang):
        return []
    return [f"{path.relative_to(folder)} is not what the lessons make"]


def show(lang: str, output: Path | None, *, only_material: bool) -> int:
    """`lab syllabus`: print the page, or write it; returns the exit code."""
    wrong = material.faults() if only_material else []
    text = material_table() + "\n" if only_material else page(lang)
    if output:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Written: {output}")
    else:
        click.echo(text, nl=False)
    for line in wrong:
        click.echo(f"ERROR: {line}", err=True)
    if only_material:
        items = material.table()
        count = sum(item.open for item in items)
        click.echo(f"{len(items)} items, {count} open, {len(wrong)} faults.", err=True)
    return 1 if wrong else 0
