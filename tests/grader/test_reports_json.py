"""`results.json`: as its schema says, and read back as it was."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from course.errors import GradeError
from grader import reports
from grader.reports import json_file
from tests.grader import reports_data as data

HINTED = dataclasses.replace(
    data.not_gradable("wim"), hints={"deployment": 2}, solutions=("deployment",)
)
ALL = [
    HINTED,
    *data.a_class(10),
    data.not_gradable("zoe"),
    data.crashed("yan"),
    data.timed_out("xia"),
]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    described = json.loads(json_file.SCHEMA.read_text())
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


@pytest.mark.parametrize("results", [[], ALL, data.hostile()], ids=["none", "class", "hostile"])
def test_it_is_as_the_schema_says(schema: Draft202012Validator, results: list[object]) -> None:
    written = json.loads(json_file.write(results, "Kubelab"))  # type: ignore[arg-type]
    assert list(schema.iter_errors(written)) == []
    assert written["$schema"] == schema.schema["$id"] == json_file.SCHEMA_ID
    assert written["version"] == json_file.VERSION


def test_the_schema_refuses_a_score_where_nothing_could_be_graded(
    schema: Draft202012Validator,
) -> None:
    written = json.loads(json_file.write([data.not_gradable("ada")], "Kubelab"))
    written["results"][0]["score"] = 0
    assert not schema.is_valid(written)


@pytest.mark.parametrize("hints", [{"deployment": 0}, {"deployment": 4}, {"deployment": "1"}, []])
def test_the_schema_refuses_hints_that_are_none(
    schema: Draft202012Validator, hints: object
) -> None:
    written = json.loads(json_file.write([HINTED], "Kubelab"))
    assert written["results"][0]["hints"] == {"deployment": 2}
    written["results"][0]["hints"] = hints
    assert not schema.is_valid(written)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    results = [*ALL, dataclasses.replace(ALL[0], notebook=Path("/course/autograded/a.ipynb"))]
    reports.write(tmp_path, results)
    found = reports.read(tmp_path / "results.json")
    assert found == results
    assert found[-1].notebook == Path("/course/autograded/a.ipynb")


def test_hostile_text_is_read_back_but_for_halves_of_characters(tmp_path: Path) -> None:
    results = data.hostile()
    reports.write(tmp_path, results)
    found = reports.read(tmp_path / "results.json")
    assert [one.student for one in found] == [
        one.student.replace("\ud800", "\ufffd") for one in results
    ]
    assert [one.reasons[0].text.count("\x00") for one in found] == [
        one.reasons[0].text.count("\x00") for one in results
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("[]", "is no results.json"),
        ('{"results": [], "version": 99}', "has version 99"),
        ('{"results": [{"student": "ada"}], "version": 1}', "results/0/assignment"),
    ],
)
def test_another_file_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(GradeError, match=words):
        reports.read(path)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(GradeError, match="cannot be read"):
        reports.read(tmp_path / "results.json")
