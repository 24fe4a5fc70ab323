"""An assignment that needs no cluster, and the ways in which students hand it in."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests import cells

ASSIGNMENT = "plain"
GOOD = {"numbers": "numbers = [1, 2, 3]", "total": "total = sum(numbers)", "word": "word = 'pod'"}


NUMBERS = "from course import checks\nassert len(checks.answer('numbers')) == 3"
TOTAL = "from course import checks\nassert checks.answer('total') == sum(checks.answer('numbers'))"
PARTIAL = """\
from course import checks
card = checks.Scorecard(points=3)
card.expect(1, "The word is a text", isinstance(checks.answer("word"), str), "It is no text.")
### BEGIN HIDDEN TESTS
card.expect(2, "The word is pod", checks.answer("word") == "pod", "Another word was asked for.")
### END HIDDEN TESTS
card"""


def source() -> NotebookNode:
    """Three answers and three tests; the first two depend on the first answer."""
    return cells.notebook(
        cells.answer("numbers", GOOD["numbers"]),
        cells.test("numbers", NUMBERS, 1),
        cells.answer("total", GOOD["total"]),
        cells.test("total", TOTAL, 2),
        cells.answer("word", GOOD["word"]),
        cells.test("word", PARTIAL, 3),
    )


def write_source(folder: Path) -> None:
    """Put the assignment where the grader looks for one that is not the course's."""
    cells.write_source(folder, ASSIGNMENT, "work", source())


def submission(answers: Mapping[str, str], *, without: tuple[str, ...] = ()) -> NotebookNode:
    """A student's notebook: hidden tests and solutions are not in it."""
    from course.build import student_view

    nb = copy.deepcopy(student_view(source()))
    for cell in nb.cells:
        cell.source = answers.get(cell.id, cell.source)
    nb.cells = [cell for cell in nb.cells if cell.id not in without]
    return nb


def hand_in(folder: Path, student: str, notebook: NotebookNode | str) -> None:
    """Put a submission into the course folder; a text is written as it is."""
    path = folder / "submitted" / student / ASSIGNMENT / "work.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, str):
        path.write_text(notebook)
    else:
        nbformat.write(notebook, path)
