"""What handing in late costs, by the rule in the teacher's nbgrader_config.py: in scores, reports and feedback."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.errors import GradeError
from grader import config, grade_folder, reports
from grader.late import PercentPerDay
from grader.results import Result
from tests.grader import plain
from tests.grader.commands import Person

DUE = datetime(2027, 3, 12, 18)
RULE = """
c.AssignLatePenalties.plugin_class = "grader.late.PercentPerDay"
c.PercentPerDay.percent = 20
"""


@pytest.mark.parametrize(
    ("seconds", "points"), [(1, 2), (86_400, 2), (86_401, 4), (5 * 86_400, 10), (99 * 86_400, 10)]
)
def test_each_day_that_has_begun_costs_its_share_and_never_more_than_all(
    seconds: float, points: float
) -> None:
    assert PercentPerDay(percent=20).late_submission_penalty("ada", 10, seconds) == points


def test_minutes_of_grace_cost_nothing_and_those_after_them_count_from_the_due_date() -> None:
    rule = PercentPerDay(grace_minutes=15)
    assert rule.late_submission_penalty("ada", 10, 15 * 60) is None
    assert rule.late_submission_penalty("ada", 10, 15 * 60 + 1) == 1


def handed_in(folder: Path, student: str, when: str) -> None:
    """What the exchange leaves beside a notebook."""
    place = folder / "submitted" / student / plain.ASSIGNMENT
    (place / "timestamp.txt").write_text(f"{when} UTC")


def due(folder: Path, when: datetime, **extension: float) -> None:
    """The teacher sets a due date, and gives Bob longer."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        book.update_or_create_assignment(plain.ASSIGNMENT, duedate=when)
        if extension:
            book.grant_extension(plain.ASSIGNMENT, "bob", **extension)


def grade(folder: Path) -> dict[str, Result]:
    found = grade_folder(folder, cluster="", isolation="none")
    return {one.student: one for one in found}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Result]]:
    """Ada was in time, Bob a day and a half late."""
    folder = tmp_path_factory.mktemp("late") / "class"
    plain.write_source(folder)
    config.write(folder)
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write(RULE)
    for student, when in (("ada", "2027-03-12 17:59:59"), ("bob", "2027-03-14 06:00:00")):
        plain.hand_in(folder, student, plain.submission({**plain.GOOD, "word": "word = 'dop'"}))
        handed_in(folder, student, when)
    due(folder, DUE)
    return folder, grade(folder)


@pytest.fixture
def folder(graded: tuple[Path, dict[str, Result]], tmp_path: Path) -> Path:
    """A copy of the folder, graded, for one test to change."""
    return Path(shutil.copytree(graded[0], tmp_path / "class"))


def test_the_late_one_loses_points_and_the_result_says_why(
    graded: tuple[Path, dict[str, Result]], tmp_path: Path
) -> None:
    ada, bob = graded[1]["ada"], graded[1]["bob"]
    assert (ada.score, ada.late_penalty) == (4, 0)
    assert (bob.score, bob.late_penalty, bob.max_score) == (2.4, 1.6, 6)
    (why,) = [one for one in bob.reasons if not one.cell]
    assert why.points == 1.6
    assert "1 day, 12:00:00 late" in why.text
    assert [one for one in ada.reasons if not one.cell] == []
    reports.write(tmp_path, [ada, bob])
    rows = list(csv.DictReader((tmp_path / "results.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["score"], row["late_penalty"]) for row in rows] == [("4", "0"), ("2.4", "1.6")]
    assert "(−1.6): Handed in after the due date." in rows[1]["reasons"]
    assert "2.4" in (tmp_path / "canvas-plain.csv").read_text().splitlines()[3]
    assert "Handed in after the due date." in (tmp_path / "report.html").read_text("utf-8")
    assert reports.read(tmp_path / "results.json") == [ada, bob]


def test_a_later_due_date_another_rule_and_an_extension_count_without_executing_again(
    folder: Path, graded: tuple[Path, dict[str, Result]]
) -> None:
    due(folder, datetime(2027, 3, 13, 18))
    assert (grade(folder)["bob"].score, grade(folder)["bob"].late_penalty) == (3.2, 0.8)
    due(folder, DUE, hours=48)
    assert (grade(folder)["bob"].score, grade(folder)["bob"].reasons[-1].cell) == (4, "word-test")
    due(folder, datetime(2027, 3, 12, 12))
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write("c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'\n")
        file.write("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    last = grade(folder)
    assert {name: one.score for name, one in last.items()} == {"ada": 0, "bob": 4}
    took = {name: one.seconds for name, one in graded[1].items()}
    assert {name: one.seconds for name, one in last.items()} == took, "it was executed again"


def test_the_same_work_handed_in_again_after_the_due_date_is_late(folder: Path) -> None:
    handed_in(folder, "ada", "2027-03-12 18:00:01")
    assert grade(folder)["ada"].score == 3.2
    stamp = folder / "autograded" / "ada" / plain.ASSIGNMENT / "timestamp.txt"
    assert stamp.read_text() == "2027-03-12 18:00:01 UTC"


def test_the_feedback_shows_what_is_left_and_what_lateness_cost(folder: Path) -> None:
    Person(folder).nbgrader("generate_feedback", plain.ASSIGNMENT)
    page = (folder / "feedback" / "bob" / plain.ASSIGNMENT / "work.html").read_text("utf-8")
    assert '<div class="score">2.4 ' in page
    assert "Handed in late: −1.6 points." in page
    other = (folder / "feedback" / "ada" / plain.ASSIGNMENT / "work.html").read_text("utf-8")
    assert "Handed in late" not in other


def test_nbgraders_own_export_says_the_same(folder: Path) -> None:
    Person(folder).nbgrader("export")
    rows = {row["student_id"]: row for row in csv.DictReader((folder / "grades.csv").open())}
    assert {name: float(row["score"]) for name, row in rows.items()} == {"ada": 4, "bob": 2.4}


def test_a_configuration_that_ends_with_an_error_is_named(folder: Path) -> None:
    (folder / "nbgrader_config.py").write_text("c.Exchange.rot = rot\n")
    with pytest.raises(GradeError, match=r"nbgrader_config\.py ends with an error: NameError"):
        grade(folder)
