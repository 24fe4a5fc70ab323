"""A wrong score is told with its reasons and with what the cells above its test met, in few and short lines."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grader import Outcome, Result
from grader.marks import Ran, mark
from grader.results import Reason
from tests.course import losses


def test_a_wrong_score_comes_with_the_errors_and_outputs_of_its_own_cells_alone(
    tmp_path: Path,
) -> None:
    cells = []
    for name, grade, printed, failed in (
        ("other", False, "of another task", ""),
        ("other-test", True, "", ""),
        ("culprit-given", False, "first\nthen " + "x" * 1000 + " last", ""),
        ("culprit", False, "", "\x1b[31mKeyError\x1b[0m: 'containerStatuses'"),
        ("culprit-test", True, "its scorecard", ""),
        ("late", False, "of a later task", ""),
    ):
        cell = new_code_cell(metadata={"nbgrader": {"grade_id": name, "grade": grade}})
        cell.outputs = [new_output("stream", name="stdout", text=printed)] if printed else []
        mark(cell, Ran.FAILED if failed else Ran.WELL, failed)
        cells.append(cell)
    path = tmp_path / "exercise.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    reasons = (
        Reason("other-test", 1, "of another task"),
        Reason("culprit-test", 0.5, "not so\nLook closer"),
    )
    result = Result("ada", "pods", 2.25, 4, Outcome.SCORED, reasons, notebook=path)
    got = {"other-test": 1.0, "culprit-test": 1.25, "late-test": 0.0}
    score, reason, given, error = losses.lines(result, got, {"other-test": 1.0, "culprit-test": 2})
    assert score == "culprit-test: 1.25 instead of 2"
    assert reason == "  −0.5 not so / Look closer"
    assert given.startswith("  cell culprit-given said: …xxx")
    assert given.endswith("xxx last")
    assert len(given) < 400
    assert error == "  cell culprit failed: KeyError: 'containerStatuses'"
    assert list(losses.lines(result, got, {"other-test": 1.0})) == []
