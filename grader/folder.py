"""Grades a course folder: nbgrader's layout in, nbgrader's gradebook out.

FOLDER/submitted/STUDENT/ASSIGNMENT/*.ipynb     what students handed in: the only part that must be there
FOLDER/source, release/ASSIGNMENT               written by us for this course's lessons
FOLDER/autograded/STUDENT/ASSIGNMENT            what was executed, with its outputs
FOLDER/gradebook.db, nbgrader_config.py         for `nbgrader formgrader`, `generate_feedback`, `export`
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from course import build
from course.content import LESSONS
from course.errors import ClusterError, GradeError
from grader import config, record
from grader.engine import Limits
from grader.execute import NotGradableError
from grader.results import Outcome, Reason, Result
from grader.surroundings import ClusterAccess, Surroundings


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment."""

    student: str
    assignment: str
    folder: Path


def submissions(folder: Path) -> list[Submission]:
    """All submissions of a course folder, by assignment and student."""
    found = (folder / "submitted").glob("*/*/")
    every = [Submission(path.parent.name, path.name, path) for path in found if path.is_dir()]
    return sorted(every, key=lambda one: (one.assignment, one.student))


def grade_folder(
    folder: Path,
    *,
    cluster: ClusterAccess | None = None,
    parameters: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    on_result: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Grade every submission in FOLDER/submitted/STUDENT/ASSIGNMENT, each on a clean cluster.

    What a submission leaves in the cluster is deleted after it. The scores go into FOLDER/gradebook.db.

    Args:
        folder: nbgrader's course folder.
        cluster: where submissions run; None for exercises that need no cluster.
        parameters: values for the parameters cell; None takes those of the course.
        limits: seconds for a cell and for a submission.
        on_result: told each result as soon as it is known.

    Raises:
        GradeError: there is nothing to grade, or an assignment that nobody knows.
    """
    folder = folder.resolve()
    wanted = submissions(folder)
    if not wanted:
        raise GradeError(
            f"There are no submissions in {folder}.",
            "The layout is nbgrader's: FOLDER/submitted/STUDENT/ASSIGNMENT/exercise.ipynb.",
        )
    surroundings = Surroundings(cluster)
    results = []
    with config.nbgraders_needs():
        config.write(folder)
        for assignment in sorted({one.assignment for one in wanted}):
            _prepare(folder, assignment)
        for submission in wanted:
            values = build_parameters(submission.assignment) if parameters is None else parameters
            traits = _traits(surroundings, values, limits or Limits())
            result = _grade(folder, submission, surroundings, traits)
            on_result(result)
            results.append(result)
    return results


def build_parameters(assignment: str) -> dict[str, Any]:
    """The values that the course itself grades an assignment with."""
    return build.grading_parameters(assignment) if assignment in LESSONS else {}


def _prepare(folder: Path, assignment: str) -> None:
    """Have the assignment in nbgrader's database; this course's own come from their sources."""
    source = folder / "source" / assignment
    if assignment in LESSONS:
        one = build.exercise(assignment)
        build.write(build.read(one), source / f"{one.name}.ipynb")
    if not any(source.glob("*.ipynb")):
        raise GradeError(
            f"{assignment} is no lesson of this course, and {source} holds no notebook.",
            f"Lessons are: {', '.join(LESSONS)}. For an assignment of your own, put its source there.",
        )
    done = _api(folder, {}).generate_assignment(assignment, force=True)
    if not done["success"]:
        raise GradeError(
            f"nbgrader could not prepare {assignment}:\n{done.get('log') or done.get('error')}"
        )


def _api(folder: Path, traits: Mapping[str, Any]) -> NbGraderAPI:
    settings = config.for_folder(folder, traits)
    return NbGraderAPI(CourseDirectory(config=settings), config=settings)


def _traits(
    surroundings: Surroundings, values: Mapping[str, Any], limits: Limits
) -> dict[str, Any]:
    return {
        "cell_seconds": limits.cell,
        "submission_seconds": limits.submission,
        "parameters": dict(values),
        **surroundings.traits(),
    }


def _grade(
    folder: Path, one: Submission, surroundings: Surroundings, traits: Mapping[str, Any]
) -> Result:
    began = time.monotonic()
    api = _api(folder, traits)
    database = api.coursedir.db_url

    def result(outcome: Outcome, reasons: Sequence[Reason], path: Path | None = None) -> Result:
        score: float | None
        score, most = record.scores(database, one.assignment, one.student)
        if outcome is Outcome.NOT_GRADABLE:
            score = None
        seconds = time.monotonic() - began
        return Result(
            one.student, one.assignment, score, most, outcome, tuple(reasons), seconds, path
        )

    unreadable = list(_unreadable(one))
    if unreadable:
        record.zeros(database, one.assignment, one.student)
        return result(Outcome.CRASHED, unreadable)
    try:
        with surroundings.clean():
            done = api.autograde(one.assignment, one.student, force=True)
    except ClusterError as problem:
        return result(Outcome.NOT_GRADABLE, [Reason("", 0, str(problem))])
    if not done["success"]:
        text, theirs = _failure(str(done.get("log", "")))
        if theirs:
            record.zeros(database, one.assignment, one.student)
        return result(Outcome.CRASHED if theirs else Outcome.NOT_GRADABLE, [Reason("", 0, text)])
    outcome, reasons, path = Outcome.SCORED, [], None
    for path in sorted((folder / "autograded" / one.student / one.assignment).glob("*.ipynb")):
        came, lost = record.read(path)
        outcome = came if outcome is Outcome.SCORED else outcome
        reasons += lost
    return result(outcome, reasons, path)


def _unreadable(one: Submission) -> Iterator[Reason]:
    """Why what was handed in cannot be executed at all."""
    notebooks = sorted(one.folder.glob("*.ipynb"))
    if not notebooks:
        yield Reason("", 0, f"There is no notebook in {one.folder.name}/.")
    for path in notebooks:
        try:
            nbformat.validate(nbformat.read(path, as_version=4))
        except Exception as problem:
            first = str(problem).strip().splitlines() or [type(problem).__name__]
            yield Reason("", 0, f"{path.name} is not a notebook: {first[0]}")


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
