"""Which kernel a cell runs in: by nbgrader's metadata, which `grader.restore` takes from the teacher."""

from __future__ import annotations

from enum import StrEnum

from nbformat import NotebookNode

from grader import language
from grader.cells import is_grade, is_locked, is_solution

SETUP = (
    "setup"  # the tag of a teacher's cell that acts on the cluster, so runs once, and is trusted
)
PARAMETERS = ("parameters", "injected-parameters")


class Place(StrEnum):
    """Where a code cell runs."""

    STUDENT = "student"
    EXAMINER = "examiner"
    BOTH = "both"


def place_of(cell: NotebookNode) -> Place:
    """The kernel of a code cell.

    Tests, and the setup of the cluster, are the examiner's; what both sides need (parameters, imports) is
    in the teacher's other cells and runs in both; the rest is the student's.
    """
    noted = cell.metadata.get("kubelab", {}).get("place")
    if noted:
        return Place(noted)
    if is_solution(cell):
        return Place.STUDENT
    if is_grade(cell):
        return Place.EXAMINER
    if is_locked(cell):
        return Place.EXAMINER if SETUP in cell.metadata.get("tags", []) else Place.BOTH
    return Place.STUDENT


def note_places(nb: NotebookNode) -> None:
    """Write every code cell's place into it; what a notebook brought along of the kind is dropped."""
    language.keep_only(nb)
    for cell in nb.cells:
        cell.metadata.pop("kubelab", None)
        if cell.cell_type == "code":
            cell.metadata["kubelab"] = {"place": str(place_of(cell))}
