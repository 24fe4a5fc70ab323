"""Makes of a submission what the teacher released, with the student's answers in it."""

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

from course.errors import GradeError
from grader import language


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]
    """Brings a submission's cells into the teacher's order, adds missing and demotes doubled ones.

    What decides where a cell runs and what it is worth (its type, nbgrader's metadata, its tags) is the
    teacher's, and so is the text of every cell that is not an answer. A student's own cells stay behind the
    cell that they followed. A missing answer cell comes back empty, a missing test cell as it was: a point
    that is lost is lost for the answer. nbgrader's own `add_missing_cells` fails where the cell before is
    missing too, its OverwriteCells believes a submission's metadata, its DeduplicateIds leaves cells that
    its own validation then refuses.
    """

    source = Unicode("source", help="nbgrader's source directory.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Restore; raises GradeError where the teacher's notebook is not there."""
        named = resources["nbgrader"]
        path = Path(self.source) / named["assignment"] / f"{named['notebook']}.ipynb"
        if not path.exists():
            raise GradeError(
                f"{path} is not there: without the teacher's notebook nobody knows which cells are tests.",
                "Put the assignment's source there, then grade again.",
            )
        teachers = nbformat.read(path, as_version=4)
        nb.cells = restored(nb.cells, [cell for cell in teachers.cells if _name(cell)])
        language.keep_only(nb)
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
        order.append(_merged(own.get(name), teachers_cell))
        order.extend(followers.get(name, []))
    _make_ids_differ(order)
    return order


def _name(cell: NotebookNode) -> str:
    noted = cell.metadata.get("nbgrader", {})
    return str(noted.get("grade_id") or "") if isinstance(noted, dict) else ""


def _as_plain(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's own, whatever it was copied from: nothing of the teacher's is in it."""
    new = copy.deepcopy(cell)
    for key in ("nbgrader", "kubelab", "tags"):
        new.metadata.pop(key, None)
    return new


def _merged(own: NotebookNode | None, teachers: NotebookNode) -> NotebookNode:
    """The teacher's cell, with the student's text where it is an answer."""
    new = copy.deepcopy(teachers)
    new.metadata.pop("kubelab", None)
    if new.cell_type == "code":
        new.outputs, new.execution_count = [], None
    if not is_solution(new):
        return new
    if own is not None and own.cell_type == new.cell_type:
        new.source = own.source
        if "attachments" in own:
            new.attachments = own.attachments
    elif not is_grade(new):
        new.source = "" if new.cell_type == "markdown" else "# (this answer cell was missing)"
    return new


def _make_ids_differ(cells: list[NotebookNode]) -> None:
    """nbformat wants every cell's id to be the only one."""
    seen: set[str] = set()
    for cell in cells:
        if cell.get("id") in seen or not cell.get("id"):
            cell.id = uuid.uuid4().hex[:8]
        seen.add(cell.id)
