"""What Canvas imports: its columns, the right student, and never a zero that nobody earned."""

from __future__ import annotations

import csv
import io

from grader.reports import Student, canvas
from grader.results import Result
from tests.grader import reports_data as data

KNOWN = {
    "ada": Student("Lovelace", "Ada", "4711", "ada@example.org"),
    "bob": Student("", "Bob", "S-0815", ""),
}
FULL = ((True, True, True), (True, True))
HEADER = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def tables(
    results: list[Result], students: dict[str, Student] | None = None
) -> dict[str, list[list[str]]]:
    return {
        name: list(csv.reader(io.StringIO(raw.decode(), newline="")))
        for name, raw in canvas.files(results, students or {}).items()
    }


def test_the_file_is_as_canvas_exports_it() -> None:
    results = [data.scored("ada", "a-deployment", *FULL), data.scored("bob", "a-deployment", *FULL)]
    assert tables(results, KNOWN)["canvas.csv"] == [
        [*HEADER, "a-deployment"],
        ["    Points Possible", "", "", "", "", "10"],
        ["Lovelace, Ada", "4711", "ada", "ada@example.org", "", "10"],
        ["Bob", "", "S-0815", "bob", "", "10"],
    ]


def test_an_unknown_students_id_never_stands_where_canvas_reads_a_user_number() -> None:
    # Canvas takes the number that a text begins with: user 12 would get the points of "12-anna".
    row = tables([data.scored("12-anna", "a-deployment", *FULL)])["canvas.csv"][2]
    assert row == ["12-anna", "", "12-anna", "12-anna", "", "10"]
    known = {"ada": Student("Lovelace", "Ada", "12-x", "")}
    row = tables([data.scored("ada", "a-deployment", *FULL)], known)["canvas.csv"][2]
    assert row[1:4] == ["", "12-x", "ada"]


def test_what_could_not_be_graded_is_an_empty_cell_and_what_was_not_handed_in_too() -> None:
    results = [
        data.not_gradable("ada"),
        data.scored("ada", "b-service", *FULL),
        data.scored("bob", "a-deployment", *FULL),
        data.not_gradable("cyd"),
    ]
    rows = tables(results)["canvas.csv"]
    assert rows[0][5:] == ["a-deployment", "b-service"]
    assert {row[0]: row[5:] for row in rows[2:]} == {
        "ada": ["", "10"],
        "bob": ["10", ""],
        "cyd": ["", ""],
    }


def test_the_file_of_one_assignment_has_no_empty_cell() -> None:
    results = [data.not_gradable("ada"), data.scored("bob", "a-deployment", *FULL)]
    rows = tables(results)["canvas-a-deployment.csv"]
    assert [row[0] for row in rows[2:]] == ["bob"]
    assert all(row[5] for row in rows)


def test_an_earned_zero_is_a_zero() -> None:
    rows = tables([data.timed_out("ada")])["canvas.csv"]
    assert rows[2][5] == "0"


def test_no_student_is_taken_for_the_points_row_and_no_name_is_a_formula() -> None:
    known = {"ada": Student('=HYPERLINK("x")', "-Ada", "4711", "+a@example.org")}
    row = tables([data.scored("ada", "a-deployment", *FULL)], known)["canvas.csv"][2]
    assert [cell[:1] for cell in row[:4]] == ["'", "4", "a", "'"]


def test_names_of_files_are_plain_and_never_the_same() -> None:
    names = ["../../etc/passwd", "a b", "a?b", "A-b", "a-b", "字", "x" * 300]
    found = canvas.files([data.not_gradable("ada", name) for name in names], {})
    assert len({name.lower() for name in found}) == len(names) + 1
    assert all("/" not in name and len(name) < 120 for name in found)


def test_without_results_there_is_a_header() -> None:
    assert tables([]) == {"canvas.csv": [HEADER, ["    Points Possible", "", "", "", ""]]}
