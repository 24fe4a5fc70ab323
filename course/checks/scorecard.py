"""Partial credit by check, with a reason for every lost point."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from course.checks.failure import CheckFailed
from course.errors import ContentError
from course.language import LANGUAGES, _, later, translator

# The MIME type under which a scorecard leaves its lines in a cell's output, for the grader to read.
MIME = "application/vnd.kubelab.scorecard+json"

NOT_TRIED = later("Not tried, because the check that it builds on did not hold.")


def not_tried(reason: str) -> bool:
    """Whether a reason ends with the words, in any language, that the check was not tried."""
    return reason.endswith(_not_tried())


@cache
def _not_tried() -> tuple[str, ...]:
    return tuple(translator(lang)(NOT_TRIED) for lang in LANGUAGES)


@dataclass(frozen=True)
class Line:
    """One check: its points, whether it held, and why not."""

    what: str
    points: float
    held: bool
    reason: str = ""
    details: dict[str, str] = field(default_factory=dict)

    @property
    def earned(self) -> float:
        """All of the check's points, or none."""
        return self.points if self.held else 0.0


class Scorecard:
    """The checks of one graded cell.

    In a student's own notebook the hidden checks are not there: the card then says how many points wait,
    and counts as full when all that is visible holds, so that nbgrader's Validate says so too. While
    grading, the checks must add up to the cell's points.

    Args:
        points: the cell's points, as in its nbgrader metadata.
    """

    def __init__(self, points: float) -> None:
        self.points = float(points)
        self.lines: list[Line] = []

    def check(
        self,
        points: float,
        what: str,
        ask: Callable[..., Any],
        *args: Any,
        after: bool = True,
        **options: Any,
    ) -> bool:
        """Ask; note the points and the reason. Returns whether the check held.

        Only `CheckFailed` is a wrong answer. Any other exception goes on: it is nobody's wrong answer.

        Args:
            points: what the check is worth.
            what: the sentence that holds, as a student reads it.
            ask: what is called with the other arguments.
            after: an earlier check's outcome without which this one makes no sense: it is not tried.
        """
        if not after:
            self._note(Line(what, points, False, _(NOT_TRIED)))
            return False
        try:
            ask(*args, **options)
        except CheckFailed as failure:
            self._note(Line(what, points, False, str(failure), failure.as_data()))
            return False
        self._note(Line(what, points, True))
        return True

    def expect(self, points: float, what: str, holds: bool, reason: str) -> bool:
        """Note a check whose outcome is known already."""
        self._note(Line(what, points, holds, "" if holds else reason))
        return holds

    @property
    def earned(self) -> float:
        """The points of the checks that held."""
        return sum(line.earned for line in self.lines)

    @property
    def declared(self) -> float:
        """The points of all checks that have been asked."""
        return sum(line.points for line in self.lines)

    def score(self) -> float:
        """The points that nbgrader reads."""
        if self.declared > self.points:
            raise ContentError(
                f"The checks of this cell make {self.declared:g} points, the cell has {self.points:g}."
            )
        if os.environ.get("NBGRADER_EXECUTION") == "autograde":
            if self.declared != self.points:
                raise ContentError(
                    f"The checks of this cell make {self.declared:g} of its {self.points:g} points."
                )
            return self.earned
        return self.points if all(line.held for line in self.lines) else self.earned

    def _note(self, line: Line) -> None:
        self.lines.append(line)
        # nbgrader's Validate shows a failed cell's standard error, and of partial credit nothing else.
        validating = bool(os.environ.get("NBGRADER_VALIDATING"))
        to = sys.stderr if validating and not line.held else sys.stdout
        worth = _("  ({earned:g} of {points:g})", earned=line.earned, points=line.points)
        worth = worth if line.points else ""
        print(f"{'✔' if line.held else '✘'} {line.what}{worth}", file=to)
        for row in line.reason.splitlines():
            print(f"    {row}", file=to)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self.result()

    def result(self) -> dict[str, Any]:
        """The cell's result: nbgrader reads `text/plain` as the points, the grader reads the lines.

        The points that wait for handing in are said as text.
        """
        score, waiting = self.score(), self.points - self.declared
        if waiting > 0:
            print(
                _(
                    "{waiting:g} of the {points:g} points are for checks that run when you hand in.",
                    waiting=waiting,
                    points=self.points,
                )
            )
        data = {
            "points": self.points,
            "earned": self.earned,
            "lines": [{**asdict(line), "earned": line.earned} for line in self.lines],
        }
        return {"text/plain": f"{score:g}", MIME: data}
