"""A week of a class, by the commands of the page for teachers: a teacher and two students, each with an account."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from course import build
from tests.classroom import page
from tests.classroom.people import User
from tests.classroom.room import Room
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(2400)]

Rows = dict[str, dict[str, str]]


@dataclass
class Week:
    """What was seen on the way.

    Attributes:
        room: the machine, as the week has left it.
        first: Ada's feedback before she handed in again.
        ada, bob: their feedback after the due date.
        late: `results.csv` after the due date, by login.
        solutions: Ada's files before and after the teacher handed the solutions out, each with its content.
        longer: Bob's feedback, and the row of his results, when he had been given more time.
    """

    room: Room
    first: list[str]
    ada: list[str]
    bob: list[str]
    late: Rows
    longer: tuple[list[str], dict[str, str]]
    solutions: tuple[str, str] = ("", "")


def results(room: Room, folder: str) -> Rows:
    """The teacher's results.csv, by login."""
    text = room.types(room.teacher, f"cat ~/{folder}/reports/results.csv").lstrip("\ufeff")
    found = {row["student"]: row for row in csv.DictReader(text.splitlines())}
    for name, row in found.items():
        score, most, late = row["score"], row["max_score"], row["late_penalty"]
        room.log.append(f"teacher, {folder}: {name} has {score} of {most}, late penalty {late}")
    return found


def sees(room: Room, student: User) -> list[str]:
    """A student fetches feedback, and looks at all that there is."""
    room.does(student, "Give feedback", 1)
    found = room.feedback(student)
    room.log.append(f"{student.called} sees: {' | '.join(found)}")
    return found


def grade(room: Room) -> None:
    """The teacher grades what is collected, and gives feedback."""
    room.does(room.teacher, "Collect and grade")
    room.does(room.teacher, "Give feedback")


@pytest.fixture(scope="module")
def week(room: Room) -> Week:
    """All of the page, in its order."""
    teacher, ada, bob = room.teacher, room.ada, room.bob
    room.does(teacher, "The course folder")
    room.does(teacher, "The due date, and late work")
    room.does(teacher, "Release")
    for student in (ada, bob):
        room.does(student, "What students do")
    room.answers(ada, 1)
    room.does(ada, "What students do", 1)
    grade(room)
    first = sees(room, ada)
    room.answers(ada, len(build.solution(build.exercise("pods"))))
    room.does(ada, "What students do", 1)
    room.answers(bob, 1)
    room.due = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")  # it has passed for Bob
    due = f'nbgrader db assignment add pods --duedate "{room.due}"'
    assert due.rpartition(" --")[0] in page.PAGE.read_text(encoding="utf-8")
    room.log.append(f"teacher moves the due date: {due}")
    room.types(teacher, f"cd ~/class\n{due}")
    room.does(bob, "What students do", 1)
    room.does(teacher, "Who hands in again")
    grade(room)
    seen = Week(room, first, sees(room, ada), sees(room, bob), results(room, "class"), ([], {}))
    room.does(teacher, "Who gets more time")
    seen.longer = (sees(room, bob), results(room, "class")[bob.name])
    seen.solutions = solutions(room, ada)
    section(room, bob)
    room.does(teacher, "Where the scores go")
    return seen


def solutions(room: Room, student: User) -> tuple[str, str]:
    """The teacher hands the solutions out, and the student fetches them; the student's files before and after."""
    look = "cd pods\nmd5sum *.ipynb\n[ ! -e solutions.json ] || grep -c '\"hello\"' solutions.json"
    before = room.types(student, look)
    room.does(room.teacher, "Solutions")
    room.does(student, "Solutions", 1)
    return before, room.types(student, look)


def section(room: Room, student: User) -> None:
    """The other section: a student of it hands in what was released to it, unanswered."""
    room.does(room.teacher, "Two sections")
    room.types(student, "mkdir b")
    room.does(student, "Two sections", 1, where="~/b")
    room.does(room.teacher, "Two sections", 2)


def test_who_was_in_time_has_the_score_and_the_reasons(week: Week) -> None:
    assert week.first == ["2 of 23 points"]


def test_of_who_handed_in_again_the_latest_counts(week: Week) -> None:
    assert week.ada == ["2 of 23 points", "23 of 23 points"]
    assert week.late[week.room.ada.name]["score"] == "23"
    assert week.late[week.room.ada.name]["late_penalty"] == "0"


def test_who_was_late_loses_the_share_of_a_day(week: Week) -> None:
    assert week.bob == ["1.6 of 23 points; Handed in late: −0.4 points"]
    row = week.late[week.room.bob.name]
    assert (row["score"], row["late_penalty"]) == ("1.6", "0.4")
    assert "Handed in after the due date." in row["reasons"]


def test_who_was_given_more_time_is_not_late(week: Week) -> None:
    feedback, row = week.longer
    assert feedback == ["2 of 23 points"]
    assert (row["score"], row["late_penalty"]) == ("2", "0")


def test_solutions_come_when_the_teacher_hands_them_out_and_leave_the_notebook_alone(
    week: Week,
) -> None:
    before, after = (text.splitlines() for text in week.solutions)
    assert [row for row in before if row.endswith(".ipynb")] == before
    assert after == [*before, "1"]


def test_a_section_has_its_own_students_and_scores(week: Week) -> None:
    room = week.room
    assert set(results(room, "class-b")) == {room.bob.name}
    assert results(room, "class")[room.bob.name]["score"] == "2"
    assert room.types(room.teacher, "ls ~/class-b/submitted").split() == [room.bob.name]


def test_the_assignment_list_of_jupyterlab_shows_both_sections(week: Week) -> None:
    room = week.room
    script = """
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList
shown = AssignmentList()
shown.root_dir = '.'
for one in shown.list_released_assignments()['value']:
    print('shown', one['course_id'], one['assignment_id'])
"""
    said = room.types(room.ada, "python -", said=script)
    lines = [line for line in said.splitlines() if line.startswith("shown ")]
    assert lines == ["shown kubelab pods", "shown kubelab-b pods"]


def test_nbgraders_table_has_the_scores_too(week: Week) -> None:
    text = week.room.types(week.room.teacher, "cat ~/class/grades.csv")
    rows = {row["student_id"]: row for row in csv.DictReader(text.splitlines())}
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        week.room.ada.name: 23,
        week.room.bob.name: 2,
    }


@pytest.mark.parametrize(
    "commands",
    [
        "ls {exchange}/kubelab/inbound",
        "cat {exchange}/kubelab/inbound/*/exercise.ipynb",
        "ls {exchange}/kubelab/feedback",
        "cat {exchange}/kubelab/feedback/*.html",
        "ls {ada}/pods",
        "cat {teacher}/class/source/pods/exercise.ipynb",
        "mv {exchange}/kubelab {exchange}/mine",
        "touch {exchange}/kubelab/outbound/pods/exercise.ipynb",
    ],
)
def test_a_student_reaches_nothing_of_others(week: Week, commands: str) -> None:
    room = week.room
    homes = {"ada": room.ada.home, "teacher": room.teacher.home}
    said = room.types(room.bob, commands.format(exchange=room.exchange, **homes), fails=True)
    assert "denied" in said or "not permitted" in said or "No such file" in said, said


def test_what_a_student_got_holds_no_solution_and_no_hidden_test(week: Week) -> None:
    text = week.room.types(week.room.bob, "cat b/pods/exercise.ipynb")
    assert "HIDDEN TESTS" not in text
    assert "BEGIN SOLUTION" not in text


def test_every_command_of_the_page_was_typed(week: Week, tell: Tell) -> None:
    for line in week.room.log:
        tell(line)
    left = {text for texts in page.blocks().values() for text in texts} - week.room.typed
    assert not left, f"nobody typed: {left}"
