"""The sample submissions get the same scores on kind as on the embedded cluster."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grader import samples
from tests.kind.machine import DEADLINE, Machine
from tests.support import said_error, thorough

SCORES = {"half": 11.5, "right": 23}
"""As in tests/grader/test_samples_on_a_cluster.py."""
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(DEADLINE)]


def test_samples_get_the_scores_that_they_get_elsewhere(machine: Machine, tmp_path: Path) -> None:
    # Of what "half" answers, some is right, some wrong, and some not there.
    wanted = SCORES if thorough() else {"half": SCORES["half"]}
    for student in wanted:
        shutil.copytree(samples.FOLDER / "submitted" / student, tmp_path / "submitted" / student)
    said = machine.lab(
        "grade", "--cluster", "kind", "--isolation", "none", "--jobs", "1", "--json", str(tmp_path), timeout=800
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    scores = {result["student"]: result["score"] for result in json.loads(said.stdout)}
    assert scores == wanted
    assert "grading" not in machine.docker.call("ps", "--all", "--format", "{{.Names}}")


def test_a_sandbox_is_refused_with_the_way_out(machine: Machine, tmp_path: Path) -> None:
    shutil.copytree(samples.FOLDER / "submitted", tmp_path / "submitted")
    said = machine.lab("grade", "--cluster", "kind", str(tmp_path))
    said_error(said, "cannot reach kind's clusters", "leave out --cluster kind", "--isolation none")
