"""An assignment that needs no cluster, and the ways in which students hand it in."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

ASSIGNMENT = "plain"
GOOD = {"numbers": "numbers = [1, 2, 3]", "total": "total = sum(numbers)", "word": "word = 'pod'"}


def _cell(name: str, source: str, **nbgrader: object) -> NotebookNode:
    metadata = {
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "schema_version": 3,
        "grade_id": name,
        **nbgrader,
    }
    return new_code_cell(source, id=name, metadata={"nbgrader": metadata})


def _answer(name: str) -> NotebookNode:
    text = f"### BEGIN SOLUTION\n{GOOD[name]}\n### END SOLUTION"
    return _cell(name, text, solution=True)


def _test(name: str, source: str, points: float) -> NotebookNode:
    return _cell(name, source, grade=True, locked=True, points=points)


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
    nb = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}
    )
    nb.cells = [
        _answer("numbers"),
        _test("numbers-test", NUMBERS, 1),
        _answer("total"),
        _test("total-test", TOTAL, 2),
        _answer("word"),
        _test("word-test", PARTIAL, 3),
    ]
    return nb


def write_source(folder: Path) -> None:
    """Put the assignment where the grader looks for one that is not the course's."""
    path = folder / "source" / ASSIGNMENT / "work.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(source(), path)


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
