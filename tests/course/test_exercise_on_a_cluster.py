"""Every task of every exercise: the solution scores full, the stub nothing, wrong answers what they must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from course import build, wrong
from course.content import LESSONS
from grader import Outcome, Result, grade_folder

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def cases() -> list[tuple[str, str]]:
    return [
        (lesson, name) for lesson in LESSONS for name in ("solution", "stub", *wrong.names(lesson))
    ]


def by_cell(folder: Path, result: Result) -> dict[str, float]:
    """The points of each test cell, as the gradebook has them."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        submission = book.find_submission(result.assignment, result.student)
        return {
            grade.name: grade.score
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


@pytest.fixture(scope="module")
def graded(walls: None, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """All cases, graded in one run as a class's submissions are."""
    folder = tmp_path_factory.mktemp("course")
    for lesson, name in cases():
        exercise = build.exercise(lesson)
        given = {} if name == "stub" else build.solution(exercise)
        if name not in {"solution", "stub"}:
            given |= wrong.load(lesson, name).answers
        path = folder / "submitted" / name / lesson / f"{exercise.name}.ipynb"
        build.write(build.handed_in(exercise, given), path)
    results = grade_folder(folder, jobs=3)
    return {
        (result.assignment, result.student): (result, by_cell(folder, result)) for result in results
    }


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("lesson", "name"), cases())
def test_an_answer_earns_what_it_must_and_hears_why(
    lesson: str, name: str, graded: dict[tuple[str, str], Any]
) -> None:
    result, points = graded[lesson, name]
    reasons = "\n".join(f"{reason.cell}: {reason.text}" for reason in result.reasons)
    assert result.outcome is Outcome.SCORED, reasons
    full = {
        cell.id: float(cell.metadata.nbgrader.points)
        for cell in build.read(build.exercise(lesson)).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    if name == "stub":
        assert points == dict.fromkeys(full, 0.0), reasons
        return
    one = wrong.load(lesson, name) if name != "solution" else None
    assert points == full | (one.points if one else {}), reasons
    for cell, words in (one.words if one else {}).items():
        said = "\n".join(reason.text for reason in result.reasons if reason.cell == cell)
        for word in words:
            assert word in said
