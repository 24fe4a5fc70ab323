"""Builds small assignments: cells with nbgrader's metadata, as a teacher's notebook has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def cell(name: str, source: str, tags: Sequence[str] = (), **nbgrader: Any) -> NotebookNode:
    """A code cell; without more words it is nobody's in particular."""
    what = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    metadata: dict[str, Any] = {"nbgrader": {**what, "grade_id": name, **nbgrader}}
    if tags:
        metadata["tags"] = list(tags)
    return new_code_cell(source, id=name, metadata=metadata)


def locked(name: str, source: str, tags: Sequence[str] = ()) -> NotebookNode:
    """A cell of the teacher's that gives no points."""
    return cell(name, source, tags, locked=True)


def answer(name: str, solution: str) -> NotebookNode:
    """An answer cell, with its solution."""
    return cell(name, f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION", solution=True)


def test(name: str, source: str, points: float) -> NotebookNode:
    """The test cell of the answer cell of that name."""
    return cell(f"{name}-test", source, grade=True, locked=True, points=points)


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells."""
    metadata = {"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}}
    nb = new_notebook(metadata=metadata, cells=list(cells))
    nbformat.validate(nb)
    return nb


def write_source(folder: Path, assignment: str, name: str, nb: NotebookNode) -> None:
    """Put an assignment where the grader looks for one that is not the course's."""
    path = folder / "source" / assignment / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
