"""nbgrader's own commands, from the assignment to the feedback, in a folder as the lab leaves it.

In the order in which a course uses them: each fixture runs one stage, and the tests look at what it left.
"""

from __future__ import annotations

import csv
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from os import geteuid
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader.outcomes import opened
from tests.grader import plain
from tests.grader.commands import Person, person

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("walls")]
USER = pwd.getpwuid(geteuid()).pw_name  # nbgrader's exchange knows students by their login
SECRET = "Another word was asked for."  # the reason that only the hidden test holds


@dataclass(frozen=True)
class Course:
    """The teacher's folder and the student's, with nbgrader's exchange between them."""

    teacher: Person
    student: Person
    exchange: Path


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The assignment is released: the exchange is made by this, and open to all."""
    root = tmp_path_factory.mktemp("flow")
    exchange = root / "exchange"
    course = Course(
        person(root / "teacher", exchange), person(root / "student", exchange), exchange
    )
    plain.write_source(course.teacher.home)
    course.teacher.nbgrader("generate_assignment", plain.ASSIGNMENT)
    course.teacher.nbgrader("release_assignment", plain.ASSIGNMENT)
    return course


def write(path: Path, answers: Mapping[str, str]) -> None:
    """Write answers into a notebook, as a student does in its cells."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
    nbformat.write(nb, path)


@pytest.fixture(scope="module")
def collected(released: Course) -> Course:
    """One student fetched, answered, and handed in by commands; another's folder came by hand."""
    released.student.nbgrader("fetch_assignment", plain.ASSIGNMENT)
    notebook = released.student.home / plain.ASSIGNMENT / "work.ipynb"
    write(notebook, {**plain.GOOD, "word": "word = 'dop'"})
    (notebook.parent / "hints.json").write_text('{"word": 2}')  # as a hint cell leaves it
    released.student.nbgrader("submit", plain.ASSIGNMENT)
    released.teacher.nbgrader("collect", plain.ASSIGNMENT)
    plain.hand_in(released.teacher.home, "ada", plain.submission(plain.GOOD))
    return released


@pytest.fixture(scope="module")
def graded(collected: Course) -> Course:
    collected.teacher.nbgrader("autograde", plain.ASSIGNMENT)
    return collected


@pytest.fixture(scope="module")
def answered(graded: Course) -> Course:
    """The feedback is made, released, and fetched by the student."""
    graded.teacher.nbgrader("generate_feedback", plain.ASSIGNMENT)
    graded.teacher.nbgrader("release_feedback", plain.ASSIGNMENT)
    graded.student.nbgrader("fetch_feedback", plain.ASSIGNMENT)
    return graded


def scores(course: Course) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course.teacher.home / 'gradebook.db'}") as book:
        return {one.student.id: one.score for one in book.assignment_submissions(plain.ASSIGNMENT)}


def test_what_is_released_holds_neither_a_solution_nor_a_hidden_test(released: Course) -> None:
    (found,) = released.exchange.rglob("work.ipynb")
    text = found.read_text()
    assert SECRET not in text
    assert plain.GOOD["word"] not in text
    assert "# YOUR ANSWER HERE" in text


def test_the_note_of_hints_is_handed_in_with_the_notebook(collected: Course) -> None:
    handed_in = collected.teacher.home / "submitted" / USER / plain.ASSIGNMENT
    assert (handed_in / "hints.json").read_text() == '{"word": 2}'


def test_autograde_records_what_the_lab_would(graded: Course) -> None:
    assert scores(graded) == {USER: 4, "ada": 6}


def test_autograde_leaves_the_outcome_and_the_isolation_in_the_gradebook(graded: Course) -> None:
    with opened(f"sqlite:///{graded.teacher.home / 'gradebook.db'}") as outcomes:
        rows = {row.student: (row.outcome, row.isolation) for row in outcomes.all()}
    assert rows == {USER: ("scored", "sandbox"), "ada": ("scored", "sandbox")}


def test_autograde_again_skips_and_by_force_gives_the_same(graded: Course) -> None:
    assert "Skipping existing assignment" in graded.teacher.nbgrader("autograde", plain.ASSIGNMENT)
    graded.teacher.nbgrader("autograde", plain.ASSIGNMENT, "--student", "ada", "--force")
    assert scores(graded) == {USER: 4, "ada": 6}


def test_the_student_fetches_feedback_with_the_reasons_and_no_hidden_test(answered: Course) -> None:
    (page,) = (answered.student.home / plain.ASSIGNMENT / "feedback").rglob("work.html")
    text = page.read_text()
    assert "The word is pod" in text
    assert SECRET in text, "the result of a hidden check is shown"
    assert "card.expect(2" not in text
    assert "HIDDEN TESTS" not in text
    assert "<script" not in text


def test_feedback_is_made_for_each_student(answered: Course) -> None:
    made = {path.parent.parent.name for path in answered.teacher.home.glob("feedback/*/*/*.html")}
    assert made == {USER, "ada"}
    right = (answered.teacher.home / "feedback/ada/plain/work.html").read_text()
    assert "Nothing is missing" in right


def test_export_writes_the_scores(graded: Course) -> None:
    graded.teacher.nbgrader("export")
    with (graded.teacher.home / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == {USER: 4, "ada": 6}
    assert {float(row["max_score"]) for row in rows.values()} == {6}
