"""The `lab` commands of a teacher who prepares a class."""

from __future__ import annotations

import sys
from pathlib import Path

import click

lang = click.option(
    "--lang",
    default="en",
    show_default=True,
    metavar="LANG",
    help="The language of the lessons: en or zh.",
)


@click.command()
@lang
@click.option("--material", is_flag=True,
              help="Only the table of the material's items; exit code 1 when one is open.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write it there, as Markdown.")  # fmt: skip
def syllabus(lang: str, material: bool, output: Path | None) -> None:
    """Show the aims, times, tasks and points of the lessons, and where each item of the material is."""
    from course import syllabus as syllabuses

    sys.exit(syllabuses.show(lang, output, only_material=material))


@click.command()
@lang
@click.option("--replace", is_flag=True,
              help="Overwrite files that were changed, and exercises in another language.")  # fmt: skip
@click.option("--solutions", is_flag=True,
              help="Only hand out the solutions of what was released, for the button below each task.")  # fmt: skip
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("lesson", nargs=-1)
def release(
    lang: str, replace: bool, solutions: bool, folder: Path, lesson: tuple[str, ...]
) -> None:
    """Make the exercises of the LESSONs, all by default, ready for a class in FOLDER.

    FOLDER is a course folder as nbgrader has it, and is made where it is missing. Students get what is in
    FOLDER/release; `lab grade FOLDER` grades what they hand in. Nothing that you changed there is lost.
    """
    from grader import console

    if solutions:
        sys.exit(console.release_solutions(folder, lesson))
    sys.exit(console.release_lessons(folder, lesson, lang=lang, replace=replace))
