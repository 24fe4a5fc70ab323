"""What came of a submission, and how a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.checks.scorecard import not_tried

if TYPE_CHECKING:
    from rich.table import Table


class Outcome(StrEnum):
    """Four different things, which are never mixed up."""

    SCORED = "scored"
    CRASHED = "crashed"  # the kernel died, or the file is no notebook
    TIMED_OUT = "timed out"
    NOT_GRADABLE = "not gradable"  # our fault: the cluster or the kernel was not there; no score


@dataclass(frozen=True)
class Reason:
    """Why points were lost in one graded cell (`cell` is empty where it is about all of them)."""

    cell: str
    points: float
    text: str


@dataclass(frozen=True)
class Check:
    """One check of a graded cell, as its scorecard has it."""

    what: str
    points: float
    earned: float
    reason: str = ""

    @property
    def held(self) -> bool:
        """Whether it gave all that it is worth."""
        return self.earned >= self.points and not self.reason


@dataclass(frozen=True)
class Item:
    """One graded cell: its points, and its checks where it has a scorecard."""

    cell: str
    score: float
    max_score: float
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Result:
    """One submission's result.

    Attributes:
        student, assignment: whose, and of what.
        score: the points as nbgrader's gradebook has them; None where it could not be graded.
        max_score: the points that could be had.
        outcome: see `Outcome`.
        reasons: why points were lost, in the order of the notebook.
        seconds: how long the execution took.
        notebook: the executed notebook; None where there is none.
        items: the graded cells in the order of the notebook.
        isolation: what stood between the student's code and the grader: 'sandbox' or 'none'.
        attempts: how often it was executed; more than once only where it could not be graded.
        hints: the hints taken, 1 to 3, of each task of which any were; they cost nothing.
        solutions: the tasks whose solution was shown to the student.
        late_penalty: the points that handing in late has cost; `score` is what was left.
    """

    student: str
    assignment: str
    score: float | None
    max_score: float
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    seconds: float = 0.0
    notebook: Path | None = field(default=None, compare=False)
    items: tuple[Item, ...] = ()
    isolation: str = "none"
    attempts: int = 1
    hints: dict[str, int] = field(default_factory=dict)
    solutions: tuple[str, ...] = ()
    late_penalty: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The same, as plain data for JSON."""
        return {**asdict(self), "notebook": str(self.notebook) if self.notebook else None}


def _line(reason: Reason) -> str:
    """A reason in short: its first line and the likely cause; the executed notebook holds all of it."""
    rows = reason.text.splitlines()
    short = " ".join([rows[0], *(row for row in rows[1:] if row.startswith("Likely cause"))])
    short = short if len(short) <= 300 else short[:297] + "..."
    points = f" −{reason.points:g}" if reason.points else ""
    where = f"{reason.cell}{points}".strip()
    return f"{where}: {short}" if where else short


def table(results: Sequence[Result]) -> Table:
    """A table of students, scores and reasons, for a terminal."""
    from rich.table import Table
    from rich.text import Text

    shown = Table("student", "assignment", "score", "outcome", "reasons", show_lines=True)
    for result in results:
        score = "–" if result.score is None else f"{result.score:g}"
        reasons = [_line(reason) for reason in result.reasons if not not_tried(reason.text)]
        shown.add_row(
            Text(result.student),
            Text(result.assignment),
            f"{score} / {result.max_score:g}",
            str(result.outcome),
            Text("\n".join(reasons)),
        )
    return shown
