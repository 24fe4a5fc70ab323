"""What nbgrader's metadata says of a cell, as nbgrader.utils reads it.

The sandbox asks as well, and there an import counts: nbgrader brings its web server and its database along,
which is more than a second of CPU time for each new sandbox.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode


def is_grade(cell: NotebookNode) -> bool:
    """Whether the cell gives points."""
    return bool(_said(cell, "grade"))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the student writes the answer here."""
    return bool(_said(cell, "solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether the cell is the teacher's, and is restored before it is graded."""
    return not is_solution(cell) and (is_grade(cell) or bool(_said(cell, "locked")))


def _said(cell: NotebookNode, what: str) -> Any:
    return cell.metadata.get("nbgrader", {}).get(what, False)
