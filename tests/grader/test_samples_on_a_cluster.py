"""`./lab grade grader/samples`: three submissions, three scores, and a cluster as clean as before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from grader import Outcome, grade_folder, samples
from grader.results import table
from grader.surroundings import _environment, _objects

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.mark.timeout(600)
def test_the_three_samples_get_their_three_scores(cluster: Any, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    shutil.copytree(samples.FOLDER / "submitted", folder / "submitted")
    with _environment(cluster.env()):
        before = _objects()
    results = {result.student: result for result in grade_folder(folder, cluster=cluster)}
    with _environment(cluster.env()):
        assert _objects() == before
    assert {name: result.score for name, result in results.items()} == {
        "empty": 0,
        "half": 5.5,
        "right": 10,
    }
    assert {result.outcome for result in results.values()} == {Outcome.SCORED}
    assert results["right"].reasons == ()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for name, result in results.items():
            assert book.find_submission("pods", name).score == result.score
    assert len(table(list(results.values())).rows) == 3
