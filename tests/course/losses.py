"""What came of a graded cell whose score is not as it should be, in so few lines that a CI's log shows them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader import Result
from grader.marks import Ran, outcome_of
from grader.reports.text import one_line

_LONGEST = 300


def lines(
    result: Result, points: Mapping[str, float], wanted: Mapping[str, float]
) -> Iterator[str]:
    """The wrong scores; below each, its reasons, and what the cells above its test met and said.

    Args:
        result: the submission's.
        points: what each test cell got.
        wanted: what it must get; cells that are not in it are left out.
    """
    for test, right in wanted.items():
        if points.get(test) != right:
            yield f"{test}: {points.get(test)} instead of {right:g}"
            yield from (f"  {line}" for line in _reasons(result, test))
            yield from (f"  {line}" for line in _cells(result.notebook, test))


def _reasons(result: Result, test: str) -> Iterator[str]:
    for reason in result.reasons:
        if reason.cell == test:
            yield f"−{reason.points:g} {_short(reason.text)}"


def _cells(notebook: Path | None, test: str) -> Iterator[str]:
    """What the code cells between a test and the one before it met (first) and printed (its end)."""
    if notebook is None:
        yield "there is no executed notebook"
        return
    for cell in _above(nbformat.read(notebook, as_version=4), test):
        name = _name(cell)
        ran, why = outcome_of(cell)
        if ran is not Ran.WELL:
            yield f"cell {name} {ran}: {_short(why)}"
        for text in _said(cell):
            yield f"cell {name} said: {_short(text, end=True)}"


def _above(nb: NotebookNode, test: str) -> list[NotebookNode]:
    found: list[NotebookNode] = []
    for cell in nb.cells:
        if _name(cell) == test:
            return found
        if cell.metadata.get("nbgrader", {}).get("grade"):
            found = []
        elif cell.cell_type == "code":
            found.append(cell)
    return []


def _said(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", cell.id))


def _short(text: str, *, end: bool = False) -> str:
    """One line of bounded length: the words' beginning, or their end."""
    line = one_line(text)
    if len(line) <= _LONGEST:
        return line
    return "…" + line[-_LONGEST:] if end else line[:_LONGEST] + "…"
