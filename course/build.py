"""Builds the notebooks from their sources: `python -m course.build` (with --check: only compares).

`notebooks/LANG/LESSON/` gets lesson.ipynb, and exercise.ipynb as nbgrader's generate_assignment would
release it: no solutions, no hidden tests, no outputs. What a source is stands in `course.sources`.
`notebooks/LANG/SYLLABUS.md` is made of all of them.
"""

from __future__ import annotations

import copy
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import syllabus
from course.errors import ContentError
from course.language import LANGUAGES
from course.paths import ROOT
from course.sources import CONTENT, EXERCISE, NOTEBOOKS, Source, exercise, faults, read, sources

__all__ = [
    "CONTENT",
    "LANGUAGES",
    "NOTEBOOKS",
    "ROOT",
    "STUB",
    "Source",
    "answers",
    "as_text",
    "build",
    "check",
    "exercise",
    "grading_parameters",
    "handed_in",
    "is_answer",
    "nbgrader_source",
    "private_parameters",
    "read",
    "render",
    "solution",
    "sources",
    "student_view",
    "without_marks",
    "write",
]

# One stub that is a comment in Python and in YAML alike.
STUB = "# YOUR ANSWER HERE"
# What `course.views.over` keeps of a student who started over.
_KEPT = re.compile(r"exercise-\d{4}-\d\d-\d\d-\d{6}\.ipynb")


def student_view(notebook: NotebookNode) -> NotebookNode:
    """What nbgrader's generate_assignment makes of a source, without its database."""
    from nbgrader import preprocessors as steps
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    resources: dict[str, Any] = {"nbgrader": {}}
    notebook = copy.deepcopy(notebook)
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ComputeChecksums,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes into this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def answers(notebook: NotebookNode) -> dict[str, str]:
    """The text of each answer cell, by its id."""
    return {cell.id: cell.source for cell in notebook.cells if is_answer(cell)}


def handed_in(source: Source, given: Mapping[str, str], lang: str = "en") -> NotebookNode:
    """A submission: the released notebook with answers in some of its cells, by cell id."""
    notebook = student_view(read(source, lang))
    unknown = set(given) - set(answers(notebook))
    if unknown:
        raise ContentError(
            f"{source.lesson}: there is no answer cell {', '.join(sorted(unknown))}."
        )
    for cell in notebook.cells:
        if cell.id in given and is_answer(cell):
            cell.source = given[cell.id].strip("\n")
    return notebook


def solution(source: Source, lang: str = "en") -> dict[str, str]:
    """The model answers, by cell id, without nbgrader's marks around them."""
    return {name: without_marks(text) for name, text in answers(read(source, lang)).items()}


def without_marks(text: str) -> str:
    """An answer cell's source without nbgrader's marks."""
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(row for row in text.splitlines() if row.strip() not in marks)


def grading_parameters(lesson: str) -> dict[str, Any]:
    """The values that the grader puts in for those that students see; empty where there are none."""
    return dict(_settings(lesson).get("parameters", {}))


def private_parameters(lesson: str) -> dict[str, int]:
    """The parameters of which only the examiner is told: the number below which each is drawn."""
    return dict(_settings(lesson).get("private", {}))


def _settings(lesson: str) -> dict[str, Any]:
    path = CONTENT / lesson / f"{EXERCISE}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def as_text(notebook: NotebookNode) -> str:
    """A notebook as its file holds it: the same text for the same notebook, always."""
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def render(source: Source, lang: str = "en") -> NotebookNode:
    """The notebook that students open."""
    whole = read(source, lang)
    return student_view(whole) if source.is_exercise else whole


def build(lang: str = "en", folder: Path = NOTEBOOKS) -> list[Path]:
    """Write all notebooks of a language; returns their paths."""
    return [write(render(source, lang), source.notebook(lang, folder)) for source in sources()]


def write(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook as `as_text` has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(notebook), encoding="utf-8")
    return path


def check(lang: str = "en", folder: Path = NOTEBOOKS) -> list[str]:
    """What is wrong with the notebooks that are there: empty where they equal their sources."""
    wrong, wanted = [], set()
    for source in sources():
        path = source.notebook(lang, folder)
        wanted.add(path)
        try:
            text = as_text(render(source, lang))
        except ContentError as problem:
            wrong.append(f"{path.relative_to(folder)} cannot be made: {problem}")
            continue
        if not path.exists():
            wrong.append(f"{path.relative_to(folder)} is missing")
        elif path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.relative_to(folder)} is not what its source makes")
    there = (folder / lang).rglob("*.ipynb")
    strays = (
        path
        for path in there
        if path not in wanted
        and ".ipynb_checkpoints" not in path.parts
        and not _KEPT.fullmatch(path.name)
    )
    return wrong + [f"{path.relative_to(folder)} has no source" for path in sorted(strays)]


def nbgrader_source(folder: Path, lang: str = "en") -> list[Path]:
    """Write what nbgrader's generate_assignment reads: FOLDER/LESSON/exercise.ipynb, all of them."""
    return [
        write(read(source, lang), folder / source.lesson / f"{source.name}.ipynb")
        for source in sources()
        if source.is_exercise
    ]


def main(arguments: list[str]) -> int:
    """`python -m course.build [--check]`."""
    wrong: list[str] = []
    for lang in LANGUAGES:
        if "--check" in arguments:
            wrong += [f"notebooks/{line}. Run `python -m course.build`." for line in check(lang)]
            wrong += faults(lang) or [
                f"notebooks/{line}. Run `python -m course.build`." for line in syllabus.check(lang)
            ]
        else:
            wrong += _written(lang)
    for line in wrong:
        print(f"ERROR: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _written(lang: str) -> Iterator[str]:
    """Writes what can be made of a language: one lesson's faults keep no other lesson from its notebooks."""
    whole = True
    for source in sources():
        try:
            print(write(render(source, lang), source.notebook(lang)).relative_to(ROOT))
        except ContentError as problem:
            whole = False
            yield str(problem)
    if whole:
        print(syllabus.write(lang).relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
