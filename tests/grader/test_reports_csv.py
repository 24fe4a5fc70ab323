"""The tables for a spreadsheet: no zero where there is no score, and nothing that it would calculate."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from grader.reports import csv_files
from grader.results import Outcome, Reason, Result
from tests.grader import reports_data as data


def rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_a_row_says_what_came_of_a_submission() -> None:
    result = data.scored("ada", "a-deployment", (True, False, False), (True, True))
    (row,) = rows(csv_files.results([result]))
    assert row.pop("reasons").startswith("deployment-test (−2): It has three replicas: not so. ")
    assert row == {
        "student": "ada",
        "assignment": "a-deployment",
        "score": "6",
        "max_score": "10",
        "late_penalty": "0",
        "outcome": "scored",
        "isolation": "sandbox",
        "attempts": "1",
        "seconds": "12.500",
        "hints": "0",
        "solutions": "0",
    }


def test_help_is_counted_in_all_and_by_task() -> None:
    result = data.scored("ada", "a-deployment", (True,) * 3, (True,) * 2)
    result = dataclasses.replace(
        result, hints={"deployment": 3, "service": 1}, solutions=("service",)
    )
    (row,) = rows(csv_files.results([result]))
    assert (row["hints"], row["solutions"]) == ("4", "1")
    assert [row["hints"] for row in rows(csv_files.items([result]))] == ["3", "1"]
    assert [row["solution"] for row in rows(csv_files.items([result]))] == ["0", "1"]


def test_what_could_not_be_graded_has_no_score_and_no_zero() -> None:
    (row,) = rows(csv_files.results([data.not_gradable("ada")]))
    assert (row["score"], row["outcome"], row["attempts"]) == ("", "not gradable", "3")


def test_a_crash_has_the_points_that_the_gradebook_has() -> None:
    assert [row["score"] for row in rows(csv_files.results([data.crashed("ada")]))] == ["5"]
    assert [row["score"] for row in rows(csv_files.results([data.timed_out("ada")]))] == ["0"]


def test_every_graded_cell_has_a_row_with_its_own_reasons() -> None:
    result = data.scored("ada", "a-deployment", (True, False, False), (True, False))
    first, second = rows(csv_files.items([result]))
    assert (first["cell"], first["score"], first["checks_held"], first["checks"]) == (
        "deployment-test",
        "1",
        "1",
        "3",
    )
    assert "three replicas" in first["reasons"]
    assert "sends to all pods" not in first["reasons"]
    assert "sends to all pods" in second["reasons"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "\x00=1", "\x1b[0m=1"],
)
def test_no_text_begins_like_a_formula(text: str) -> None:
    result = Result(text, text, 1, 1, Outcome.SCORED, (Reason("", 0, text),))
    (row,) = rows(csv_files.results([result]))
    for name in ("student", "assignment", "reasons"):
        assert row[name][0] in "'\ufffd"


def test_no_formula_begins_where_a_spreadsheet_splits_at_semicolons_or_lines() -> None:
    result = Result("ada", "a", 1, 1, Outcome.SCORED, (Reason("c", 1, "x;=cmd\n=cmd\r\n@x;\t=y"),))
    raw = csv_files.results([result]).decode("utf-8-sig")
    assert len(raw.splitlines()) == 2
    assert not any(part.strip().startswith(("=", "@")) for part in raw.split(";"))


def test_ordinary_text_stays_as_it_is() -> None:
    assert csv_files.guarded("a-deployment") == "a-deployment"
    assert csv_files.guarded("two\nlines, and 一些字") == "two / lines, and 一些字"


def test_a_cell_holds_no_more_than_excel_takes() -> None:
    long = Result("ada", "a", 1, 1, Outcome.SCORED, (Reason("c", 1, "x" * 100_000),))
    (row,) = rows(csv_files.results([long]))
    assert len(row["reasons"]) < 32_767
    assert "[cut: " in row["reasons"]


def test_hostile_text_breaks_no_row() -> None:
    results = data.hostile()
    found = rows(csv_files.results(results))
    assert len(found) == len(results)
    assert all(None not in row and None not in row.values() for row in found)
    assert len(rows(csv_files.items(results))) == sum(len(one.items) for one in results)
