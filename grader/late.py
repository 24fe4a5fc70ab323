"""What handing in late costs: nbgrader's own step decides it, by the plugin that the teacher's configuration names.

nbgrader's plugin knows 'none' and 'zero'; the one here takes a share for each day. In nbgrader_config.py:

    c.AssignLatePenalties.plugin_class = "grader.late.PercentPerDay"
    c.PercentPerDay.percent = 20
"""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta

from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float
from traitlets.config import Config

from grader.results import Reason

_DAY = 86_400.0
_quiet = logging.getLogger(__name__)
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class PercentPerDay(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes a share of the points that a notebook got, for each day that has begun since the due date."""

    percent = Float(10.0, min=0.0, max=100.0, help="Percent of the points, for each day.").tag(
        config=True
    )
    grace_minutes = Float(0.0, min=0.0, help="Minutes after the due date that cost nothing.").tag(
        config=True
    )

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points that a notebook loses; None where it is within the minutes that cost nothing."""
        if total_seconds_late <= self.grace_minutes * 60:
            return None
        share = self.percent / 100 * math.ceil(total_seconds_late / _DAY)
        return round(score * min(1.0, share), 2)


def decided_again(
    config: Config, database: str, assignment: str, student: str, handed_in: datetime | None
) -> bool:
    """Have nbgrader decide the penalty of a recorded submission again: the due date or the rule may be others.

    Args:
        config: nbgrader's, with the teacher's rule.
        database: the gradebook's address.
        assignment, student: whose submission, and of what.
        handed_in: the time that lies with what was handed in; None: there is none.

    Returns:
        False where the gradebook knows no such submission, or one of another time.
    """
    with Gradebook(database) as book:
        try:
            known = book.find_submission(assignment, student)
        except MissingEntry:
            return False
        if handed_in is not None and handed_in != known.timestamp:
            return False
        concerned = known.total_seconds_late > 0 or known.late_submission_penalty
        names = [one.name for one in known.notebooks] if concerned else []
    for name in names:
        named = {
            "assignment": assignment, "student": student, "notebook": name, "db_url": database
        }  # fmt: skip
        step = AssignLatePenalties(config=config, log=_quiet)
        step.preprocess(new_notebook(), {"nbgrader": named})
    return True


def reason(seconds: float, penalty: float) -> list[Reason]:
    """The reason for points that were lost by being late; none where none were.

    The first line is the same for all, so that a report can count them.
    """
    if not penalty:
        return []
    late = timedelta(seconds=math.ceil(seconds))
    return [
        Reason(
            "",
            penalty,
            f"Handed in after the due date.\n{late} late (days, hours:minutes:seconds).",
        )
    ]
