"""Puts back what a student's copy lost: deleted and moved cells of the teacher's."""

from __future__ import annotations

import copy
import uuid
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Unicode


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]
    """Brings a submission's cells into the teacher's order, adds missing and demotes doubled ones.

    A student's own cells stay behind the cell that they followed. A missing answer cell comes back
    empty, a missing test cell as it was: a point that is lost is lost for the answer. nbgrader's own
    `add_missing_cells` fails where the cell before is missing too, its DeduplicateIds leaves cells
    that its own validation then refuses.
    """

    source = Unicode("source", help="nbgrader's source directory.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Restore; a notebook whose source is not there only loses its doubled cells."""
        named = resources["nbgrader"]
        path = Path(self.source) / named["assignment"] / f"{named['notebook']}.ipynb"
        teachers = nbformat.read(path, as_version=4).cells if path.exists() else nb.cells
        nb.cells = restored(nb.cells, [cell for cell in teachers if _name(cell)])
        return nb, resources


def restored(cells: list[NotebookNode], teachers: list[NotebookNode]) -> list[NotebookNode]:
    """The student's cells in the order of the teacher's; of a doubled cell the last one counts."""
    known = {_name(cell): cell for cell in teachers}
    own = {_name(cell): cell for cell in cells if _name(cell) in known}
    followers: dict[str, list[NotebookNode]] = {}
    last = ""
    for cell in cells:
        name = _name(cell)
        if cell is own.get(name):
            last = name
        else:
            followers.setdefault(last, []).append(_as_plain(cell))
    order = list(followers.get("", []))
    for name, teachers_cell in known.items():
        order.append(own[name] if name in own else _put_back(teachers_cell))
        order.extend(followers.get(name, []))
    return order


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or "")


def _as_plain(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's own, whatever it was copied from: nothing of nbgrader's is in it."""
    new = copy.deepcopy(cell)
    if new.metadata.pop("nbgrader", None) is not None:
        new.id = uuid.uuid4().hex[:8]
    return new


def _put_back(cell: NotebookNode) -> NotebookNode:
    new = copy.deepcopy(cell)
    if is_solution(new) and not is_grade(new):
        new.source = "" if new.cell_type == "markdown" else "# (this answer cell was missing)"
    return new
