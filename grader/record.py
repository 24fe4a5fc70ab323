"""Records in nbgrader's gradebook what was executed, and reads results from there."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry

from grader import autograded, hints, late
from grader.assignments import api
from grader.engine import NotGradableError
from grader.journal import Entry, Journal
from grader.outcomes import Outcomes, Row
from grader.results import Item, Outcome, Reason, Result
from grader.submissions import Submission


class Recorder:
    """The gradebook of one course folder. `outcomes` is set by who opens it."""

    outcomes: Outcomes

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder, self.journal = folder, journal
        self.api = api(folder, executed=str(journal.folder))
        self.ignored = list(self.api.coursedir.ignore)
        self.database = str(self.api.coursedir.db_url)

    def record(self, one: Submission, entry: Entry) -> Result:
        """Have nbgrader score and record what was executed; a score is never made of a fault of ours."""
        problem, theirs = entry.problem, False
        if not problem:
            self.api.coursedir.ignore = [*self.ignored, *map(glob.escape, one.links)]
            done = self.api.autograde(one.assignment, one.student, force=True)
            if "KeyboardInterrupt" in f"{done.get('error')}{done.get('log')}":
                raise KeyboardInterrupt  # nbgrader makes a failure of it
            if not done["success"]:
                problem, theirs = _failure(str(done.get("log", "")))
        if theirs:
            return self.unreadable(one, [problem], entry.key, entry.isolation)
        outcome, reason = Outcome.NOT_GRADABLE, problem
        notebooks = None if problem else self._autograded(one)
        if notebooks is not None:
            outcome, reason = autograded.outcome(notebooks.values())
        key = (
            "" if problem else entry.key
        )  # what could not be graded is tried again by the next run
        self._put(one, outcome, reason, entry.isolation, entry.attempts, entry.seconds, key)
        return self.result(one, notebooks)

    def known(self, one: Submission) -> Result | None:
        """The result of a submission that was recorded before; None where a later one lies there now.

        It is the same work, but the time counts anew: a due date or the rule for late work may be another.
        """
        handed_in = self.api.coursedir.get_existing_timestamp(str(one.folder))
        where = (self.database, one.assignment, one.student)
        return self.result(one) if late.decided_again(self.api.config, *where, handed_in) else None

    def unreadable(self, one: Submission, why: list[str], key: str, isolation: str) -> Result:
        """Record a zero for every graded cell, for a person to look at: nothing could be executed."""
        with Gradebook(self.database) as book:
            book.update_or_create_student(one.student)
            submission = book.update_or_create_submission(one.assignment, one.student)
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = None  # nothing is left that it could take
                for grade in notebook.grades:
                    grade.auto_score = 0
                    grade.needs_manual_grade = True
            book.db.commit()
        self._put(one, Outcome.CRASHED, "\n".join(why), isolation, 1, 0.0, key)
        return self.result(one)

    def result(
        self, one: Submission, notebooks: Mapping[Path, NotebookNode] | None = None
    ) -> Result:
        """The result of a submission that has been graded; `notebooks` if they were read already."""
        row = self.outcomes.get(one.assignment, one.student)
        if row is None:
            raise KeyError(one)
        outcome = Outcome(row.outcome)
        reasons = [Reason("", 0, text) for text in row.reason.splitlines() if text]
        items: list[Item] = []
        taken = hints.used(one.folder, one.assignment)
        self.outcomes.put_help(one.assignment, one.student, taken)
        found: Mapping[Path, NotebookNode] = {}
        penalty = 0.0
        if outcome is Outcome.NOT_GRADABLE:
            most = max_score(self.database, one.assignment)
            score = None
        else:
            score, penalty, most, lateness = scores(self.database, one.assignment, one.student)
            reasons += late.reason(lateness, penalty)
            found = notebooks or self._autograded(one)
            for notebook in found.values():
                reasons += autograded.reasons(notebook)
                items += autograded.items(notebook)
        return Result(
            one.student, one.assignment, score, most, outcome, tuple(reasons), row.seconds, max(found, default=None),
            tuple(items), row.isolation, row.attempts, taken.hints, taken.solutions, penalty,
        )  # fmt: skip

    def _autograded(self, one: Submission) -> dict[Path, NotebookNode]:
        folder = self.folder / "autograded" / one.student / one.assignment
        return {path: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}

    def _put(
        self, one: Submission, outcome: Outcome, reason: str, isolation: str, attempts: int,
        seconds: float, key: str,
    ) -> None:  # fmt: skip
        row = Row(
            one.assignment, one.student, str(outcome), reason, isolation, attempts, seconds, key
        )
        self.outcomes.put(row)


def scores(database: str, assignment: str, student: str) -> tuple[float, float, float, float]:
    """(score, late penalty that is taken off it, points that could be had, seconds late), by the gradebook."""
    with Gradebook(database) as book:
        try:
            submission = book.find_submission(assignment, student)
            penalty = float(submission.late_submission_penalty or 0)
            # nbgrader's own export takes it off in the same way: its `score` is without the penalty.
            score = max(0.0, round(float(submission.score) - penalty, 6))
            return score, penalty, float(submission.max_score), submission.total_seconds_late
        except MissingEntry:
            return 0.0, 0.0, float(book.find_assignment(assignment).max_score), 0.0


def max_score(database: str, assignment: str) -> float:
    """The points that an assignment offers."""
    with Gradebook(database) as book:
        return float(book.find_assignment(assignment).max_score)


_EXCEPTION = re.compile(r"^\s+(?:[\w.]+\.)?(\w+(?:Error|Exception)): (.+)$", re.MULTILINE)
_THEIRS = ("ValidationError", "nbgrader metadata")  # what a submission's own metadata brings about


def _failure(log: str) -> tuple[str, bool]:
    """(why nbgrader gave a submission up, whether the submission itself is at fault), from its log."""
    found = _EXCEPTION.findall(log)
    name, words = found[-1] if found else ("", (log.strip() or "no reason given").splitlines()[-1])
    if name == NotGradableError.__name__:
        return words, False
    theirs = any(sign in log for sign in _THEIRS)
    return f"nbgrader could not grade this submission: {name or 'it'}: {words}", theirs
