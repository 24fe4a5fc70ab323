"""The reports as files: all or none, the same bytes for the same results."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.errors import GradeError
from grader import reports
from grader.results import Result
from tests.grader import reports_data as data

ROOT = Path(__file__).parents[2]
ALWAYS = {"results.csv", "items.csv", "canvas.csv", "results.json", "junit.xml", "report.html"}


@pytest.mark.parametrize(
    "results",
    [
        [],
        [data.scored("ada", "a-deployment", (True, True, True), (True, True))],
        [data.not_gradable("ada"), data.not_gradable("bob")],
        data.hostile(),
    ],
    ids=["none", "one", "none gradable", "hostile"],
)
def test_every_report_is_written_whatever_came(tmp_path: Path, results: list[Result]) -> None:
    written = reports.write(tmp_path / "deep" / "er", results)
    assert {path.name for path in written} >= ALWAYS
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == sorted(
        path.name for path in written
    )
    assert all(path.stat().st_size for path in written)


def test_the_same_results_give_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from grader import reports;"
        "from tests.grader import reports_data as data;"
        "reports.write(Path(sys.argv[1]), data.a_class(12) + data.hostile())"
    )
    seen = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, env=env, check=True)
        seen.append(
            {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        )
    assert seen[0] == seen[1]


def test_the_order_of_grading_changes_only_the_order_in_the_json(tmp_path: Path) -> None:
    results = data.a_class(6)
    one = reports.write(tmp_path / "one", results)
    two = reports.write(tmp_path / "two", results[::-1])
    differing = {
        left.name
        for left, right in zip(one, two, strict=True)
        if left.read_bytes() != right.read_bytes()
    }
    assert differing == {"results.json"}


def test_nothing_is_replaced_when_one_report_cannot_be_made(tmp_path: Path) -> None:
    good = data.scored("ada", "a-deployment", (True, True, True), (True, True))
    written = reports.write(tmp_path, [good])
    before = {path: path.read_bytes() for path in written}
    with pytest.raises(GradeError, match="cannot be written as JSON"):
        reports.write(tmp_path, [dataclasses.replace(good, score=float("nan"))])
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_cannot_be_written_leaves_no_part_behind(tmp_path: Path) -> None:
    (tmp_path / "results.csv" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r"results\.csv"):
        reports.write(tmp_path, [])
    assert not list(tmp_path.glob(".*"))
