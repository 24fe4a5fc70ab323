"""What nbgrader's gradebook holds of a submission, and the reasons beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import determine_grade, is_grade, is_solution

from course.checks.scorecard import MIME
from grader import engine
from grader.engine import Ran
from grader.results import Outcome, Reason


def scores(database: str, assignment: str, student: str) -> tuple[float, float]:
    """(score, points that could be had) as the gradebook has them."""
    with Gradebook(database) as book:
        try:
            submission = book.find_submission(assignment, student)
            return float(submission.score), float(submission.max_score)
        except MissingEntry:
            return 0.0, float(book.find_assignment(assignment).max_score)


def max_score(database: str, assignment: str) -> float:
    """The points that an assignment offers."""
    with Gradebook(database) as book:
        return float(book.find_assignment(assignment).max_score)


def zeros(database: str, assignment: str, student: str) -> None:
    """Record a zero for every graded cell, for a person to look at: nothing could be executed."""
    with Gradebook(database) as book:
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(assignment, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = 0
                grade.needs_manual_grade = True
        book.db.commit()


def read(path: Path) -> tuple[Outcome, list[Reason]]:
    """The outcome and the reasons, from an autograded notebook."""
    nb = nbformat.read(path, as_version=4)
    noted = nb.metadata.get("kubelab", {})
    reasons = [Reason("", 0, noted["reason"])] if noted.get("reason") else []
    own = ""
    for cell in nb.cells:
        if is_solution(cell) and cell.cell_type == "code":
            own = _own_failure(cell)
        if is_grade(cell) and cell.cell_type == "code":
            lost = _reasons(cell)
            reasons += lost
            if lost and own:
                reasons.append(Reason(cell.metadata.nbgrader.grade_id, 0, own))
                own = ""
    return Outcome(noted.get("outcome", Outcome.SCORED)), reasons


def _own_failure(cell: NotebookNode) -> str:
    """What the student's own cell said when it failed."""
    ran, reason = engine.outcome_of(cell)
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
    ran, why = engine.outcome_of(cell)
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
