"""The sources of the notebooks: py:percent files (jupytext) with nbgrader's metadata, and their texts.

Each cell has an `id`, which becomes the notebook cell's id: nothing changes between two builds, and
the catalogues of translations are keyed by it.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course import catalogue, language
from course.catalogue import messages as texts
from course.content import LESSONS, START
from course.errors import ContentError
from course.paths import ROOT

CONTENT = Path(__file__).resolve().parent / "content"
NOTEBOOKS = ROOT / "notebooks"
EXERCISE = "exercise"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Source:
    """One source file: a lesson's page or its exercise, or the start page."""

    lesson: str  # or START
    name: str  # lesson | exercise | start

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
        beside = "" if self.lesson == START else self.lesson
        return folder / lang / beside / f"{self.name}.ipynb"

    def catalogue(self, lang: str) -> Path:
        """The file of the lesson's translations into a language."""
        return CONTENT / self.lesson / f"{lang}.po"


def sources(lesson: str | None = None) -> list[Source]:
    """All sources in the order of the course, or those of one lesson; START's comes last."""
    every = (*LESSONS, START)
    if lesson is not None and lesson not in every:
        raise ContentError(f"There is no lesson {lesson}.", f"There are: {', '.join(LESSONS)}.")
    chosen = every if lesson is None else (lesson,)
    files = (Source(one, name) for one in chosen for name in ("lesson", EXERCISE, START))
    return [source for source in files if source.path.exists()]


def exercise(lesson: str) -> Source:
    """The exercise of a lesson."""
    for source in sources(lesson):
        if source.is_exercise:
            return source
    raise ContentError(f"The lesson {lesson} has no exercise.")


def read(source: Source, lang: str = language.SOURCE) -> NotebookNode:
    """The whole notebook of a source in a language, solutions and hidden tests included.

    Raises:
        ContentError: a cell without an id, an id twice, or one that is not its grade_id; a text without a
            good translation.
    """
    language.known(lang)
    notebook = untranslated(source)
    catalogue.translate(notebook, source.name, lang, source.catalogue(lang))
    # The grader reads it there: feedback speaks as the notebook does.
    notebook.metadata["kubelab"] = NotebookNode(language=lang)
    nbformat.validate(notebook)
    return notebook


def untranslated(source: Source) -> NotebookNode:
    """The notebook as the source has it: English, with `_("…")` in its code."""
    parsed = copy.deepcopy(_parsed(source.path, source.path.stat().st_mtime_ns))
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
    return notebook


@lru_cache(maxsize=32)
def _parsed(path: Path, _changed: int) -> NotebookNode:
    """What jupytext makes of a file: half of what a build takes, and each language's begins with it."""
    return jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")


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
    magic = metadata.pop("language", None)
    arguments = metadata.pop("magic_args", "")
    if magic:  # a cell whose first line is a magic, and whose rest is not Python
        text = f"%%{magic} {arguments}".rstrip() + "\n" + text
    made = (
        nbformat.v4.new_code_cell if parsed.cell_type == "code" else nbformat.v4.new_markdown_cell
    )
    cell: NotebookNode = made(text, id=name, metadata=NotebookNode(metadata))
    return cell


def messages(lesson: str) -> list[catalogue.Message]:
    """All texts of a lesson that a catalogue holds, in the order in which students meet them."""
    found = [
        one
        for source in sources(lesson)
        for one in texts.of_notebook(untranslated(source), source.name)
    ]
    return texts.distinct([*found, *texts.of_hints(CONTENT / lesson / "hints.toml")])


def faults(lang: str, lessons: tuple[str, ...] = (*LESSONS, START)) -> list[str]:
    """What is wrong with a language's catalogues: the lessons', and the package's own."""
    if lang == language.SOURCE:
        return []
    from course.catalogue import package, po

    found = []
    for lesson in (*lessons, ""):
        path = CONTENT / lesson / f"{lang}.po" if lesson else package.path_of(lang)
        try:
            wanted = messages(lesson) if lesson else package.messages()
            lines = catalogue.faults_of(po.read(path), wanted)
        except ContentError as problem:
            lines = [str(problem)]
        found += [f"{path.parent.name}/{path.name}: {line}" for line in lines]
    return found
