"""Builds the notebooks from their sources: `python -m course.build` (with --check: only compares).

A source is a py:percent file (jupytext) with nbgrader's metadata. Each cell has an `id`, which becomes
the notebook cell's id: nothing changes between two builds, and a catalogue of translations can be keyed
by it. `notebooks/LANG/LESSON/` gets lesson.ipynb, and exercise.ipynb as nbgrader's generate_assignment
would release it: no solutions, no hidden tests, no outputs.
"""

from __future__ import annotations

import copy
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from course.content import LESSONS
from course.errors import ContentError

ROOT = Path(__file__).resolve().parent.parent
CONTENT = Path(__file__).resolve().parent / "content"
NOTEBOOKS = ROOT / "notebooks"
LANGUAGES = ("en",)
EXERCISE = "exercise"
# One stub that is a comment in Python and in YAML alike.
STUB = "# YOUR ANSWER HERE"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Source:
    """One source file: a lesson's page or its exercise."""

    lesson: str
    name: str  # lesson | exercise

    @property
    def path(self) -> Path:
        """The py:percent file."""
        return CONTENT / self.lesson / f"{self.name}.py"

    @property
    def is_exercise(self) -> bool:
        """Whether it goes through nbgrader."""
        return self.name == EXERCISE

    def notebook(self, lang: str, folder: Path = NOTEBOOKS) -> Path:
        """Where its built notebook lies."""
        return folder / lang / self.lesson / f"{self.name}.ipynb"


def sources(lesson: str | None = None) -> list[Source]:
    """All sources in the order of the course, or those of one lesson."""
    if lesson is not None and lesson not in LESSONS:
        raise ContentError(f"There is no lesson {lesson}.", f"There are: {', '.join(LESSONS)}.")
    chosen = LESSONS if lesson is None else (lesson,)
    every = (Source(one, name) for one in chosen for name in ("lesson", EXERCISE))
    return [source for source in every if source.path.exists()]


def exercise(lesson: str) -> Source:
    """The exercise of a lesson."""
    for source in sources(lesson):
        if source.is_exercise:
            return source
    raise ContentError(f"The lesson {lesson} has no exercise.")


def read(source: Source, lang: str = "en") -> NotebookNode:
    """The whole notebook of a source, solutions and hidden tests included.

    Raises:
        ContentError: a cell without an id, an id twice, or one that is not its grade_id.
    """
    if lang not in LANGUAGES:
        raise ContentError(f"There is no course in {lang}.", f"There is: {', '.join(LANGUAGES)}.")
    parsed = jupytext.reads(source.path.read_text(encoding="utf-8"), fmt="py:percent")
    notebook = nbformat.v4.new_notebook()
    # Nothing of jupytext goes into the notebook: a pairing there would write answers back to it.
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(_KERNEL), language_info={"name": "python"}
    )
    notebook.cells = [_cell(cell, source) for cell in parsed.cells]
    ids = [cell.id for cell in notebook.cells]
    for one in ids:
        if ids.count(one) > 1:
            raise ContentError(
                f"{source.path.name}: the cell id {one} is there {ids.count(one)} times."
            )
    nbformat.validate(notebook)
    return notebook


def _cell(parsed: NotebookNode, source: Source) -> NotebookNode:
    place = f"{source.lesson}/{source.path.name}: the cell that begins “{parsed.source[:40]}”"
    metadata = dict(parsed.metadata)
    name = metadata.pop("id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ContentError(
            f"{place} has no usable id.", 'Write one into its marker: `# %% id="…"`.'
        )
    grade_id = metadata.get("nbgrader", {}).get("grade_id", name)
    if grade_id != name:
        raise ContentError(
            f"{place} has the id {name} and the grade_id {grade_id}.", "Make them one."
        )
    text = parsed.source
    language = metadata.pop("language", None)
    arguments = metadata.pop("magic_args", "")
    if language:  # a cell whose first line is a magic, and whose rest is not Python
        text = f"%%{language} {arguments}".rstrip() + "\n" + text
    made = (
        nbformat.v4.new_code_cell if parsed.cell_type == "code" else nbformat.v4.new_markdown_cell
    )
    cell: NotebookNode = made(text, id=name, metadata=NotebookNode(metadata))
    return cell


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
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")
    return {
        name: "\n".join(row for row in text.splitlines() if row.strip() not in marks)
        for name, text in answers(read(source, lang)).items()
    }


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
    wanted = {source.notebook(lang, folder): as_text(render(source, lang)) for source in sources()}
    wrong = []
    for path, text in wanted.items():
        if not path.exists():
            wrong.append(f"{path.relative_to(folder)} is missing")
        elif path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.relative_to(folder)} is not what its source makes")
    there = (folder / lang).rglob("*.ipynb")
    strays = (
        path for path in there if path not in wanted and ".ipynb_checkpoints" not in path.parts
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
    if "--check" not in arguments:
        for lang in LANGUAGES:
            for path in build(lang):
                print(path.relative_to(ROOT))
        return 0
    wrong = [line for lang in LANGUAGES for line in check(lang)]
    for line in wrong:
        print(f"ERROR: notebooks/{line}. Run `python -m course.build`.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
