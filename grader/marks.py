"""What came of each cell, noted in its metadata (`kubelab`), where no cell's code can write."""

from __future__ import annotations

from enum import StrEnum

from nbformat import NotebookNode

KEY = "kubelab"


class Ran(StrEnum):
    """What came of a code cell."""

    WELL = "ran"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    DIED = "the kernel died"
    NOT = "not run"


def mark(cell: NotebookNode, ran: Ran, reason: str = "") -> None:
    """Note what came of a cell."""
    cell.metadata[KEY] = {**cell.metadata.get(KEY, {}), "ran": str(ran), "reason": reason}


def outcome_of(cell: NotebookNode) -> tuple[Ran, str]:
    """What came of a cell, and why."""
    noted = cell.metadata.get(KEY, {})
    return Ran(noted.get("ran", Ran.NOT)), str(noted.get("reason", ""))


def name_of(cell: NotebookNode, index: int) -> str:
    """How a reason names a cell: by its nbgrader id where it has one."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"number {index + 1}")


def note_outcome(nb: NotebookNode) -> None:
    """Note on the notebook what came of the whole of it: the first thing that went wrong decides."""
    outcome, reason = "scored", ""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code" or outcome != "scored":
            continue
        ran, why = outcome_of(cell)
        if ran in {Ran.DIED, Ran.TIMED_OUT, Ran.NOT}:
            late = ran is Ran.TIMED_OUT or "time of" in why
            outcome = "timed out" if late else "crashed"
            reason = f"Cell {name_of(cell, index)}: {why}."
    nb.metadata[KEY] = {**nb.metadata.get(KEY, {}), "outcome": outcome, "reason": reason}
