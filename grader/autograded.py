"""What an autograded notebook says: its outcome, the points of its cells, and why points were lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

from course.checks.scorecard import MIME
from grader.marks import Ran, outcome_of
from grader.reports.text import clean
from grader.results import Check, Item, Outcome, Reason


def outcome(notebooks: Iterable[NotebookNode]) -> tuple[Outcome, str]:
    """(what came of the first notebook of which something else came than a score, why)."""
    for nb in notebooks:
        noted = nb.metadata.get("kubelab", {})
        if noted.get("outcome", Outcome.SCORED) != Outcome.SCORED:
            return Outcome(noted["outcome"]), clean(str(noted.get("reason", "")))
    return Outcome.SCORED, ""


def reasons(nb: NotebookNode) -> list[Reason]:
    """Why points were lost, in the order of the cells."""
    found, own = [], ""
    for cell in nb.cells:
        if is_solution(cell) and cell.cell_type == "code":
            own = _own_failure(cell)
        if is_grade(cell) and cell.cell_type == "code":
            lost = _reasons(cell)
            found += lost
            if lost and own:
                found.append(Reason(cell.metadata.nbgrader.grade_id, 0, own))
                own = ""
    return [Reason(one.cell, one.points, clean(one.text)) for one in found]


def items(nb: NotebookNode) -> list[Item]:
    """The graded cells, with their checks."""
    found = []
    for cell in nb.cells:
        if is_grade(cell):
            score, points = determine_grade(cell)
            checks = [
                Check(line["what"], line["points"], line["earned"], clean(line["reason"]))
                for line in _card(cell).get("lines", [])
            ]
            name = str(cell.metadata.nbgrader.grade_id)
            found.append(Item(name, float(score or 0), float(points), tuple(checks)))
    return found


def _own_failure(cell: NotebookNode) -> str:
    """What the student's own cell said when it failed."""
    ran, reason = outcome_of(cell)
    if ran is not Ran.FAILED:
        return ""
    words = " ".join(reason.split())
    short = words if len(words) <= 300 else words[:297] + "..."
    return f"The answer cell {cell.metadata.nbgrader.grade_id} failed: {short}"


def _reasons(cell: NotebookNode) -> list[Reason]:
    name = cell.metadata.nbgrader.grade_id
    score, points = determine_grade(cell)
    lost = points - (score or 0)
    if not lost:
        return []
    ran, why = outcome_of(cell)
    if ran is Ran.FAILED and why.startswith(_NO):
        return [Reason(name, lost, why.removeprefix(_NO))]
    if ran is not Ran.WELL:
        return [Reason(name, lost, f"The check {_HOW[ran]}: {why or 'no reason known'}.")]
    lines = [line for line in _card(cell).get("lines", []) if not line["held"]]
    if lines:
        return [
            Reason(name, line["points"], f"{line['what']}: not so. {line['reason']}")
            for line in lines
            if line["points"]
        ]
    return [Reason(name, lost, "The check gave part of the points and no reason.")]


_NO = "CheckFailed: "  # a check that said no outside of a scorecard
_HOW = {
    Ran.FAILED: "ended with an error",
    Ran.TIMED_OUT: "did not end in time",
    Ran.DIED: "was cut short",
    Ran.NOT: "did not run",
}


def _card(cell: NotebookNode) -> dict[str, Any]:
    for output in cell.outputs:
        if output.output_type == "execute_result" and MIME in output.data:
            return dict(output.data[MIME])
    return {}
