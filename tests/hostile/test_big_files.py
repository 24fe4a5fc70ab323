"""A notebook of 200 MB is refused by its size: at once, and without being read into memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course import paths
from tests.hostile import handin, suite, tiny

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("walls")]

_SCRIPT = """\
import json, pathlib, resource, sys
from grader import grade_folder
(result,) = grade_folder(pathlib.Path(sys.argv[1]), jobs=1, isolation="sandbox")
most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"outcome": str(result.outcome), "score": result.score, "mb": most // 1024,
                  "reasons": [reason.text for reason in result.reasons], "seconds": result.seconds}))
"""


def test_a_notebook_of_200_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    try:
        suite.must_have_sandbox()
    except suite.NoSandboxError as problem:
        pytest.skip(str(problem))
    tiny.write_source(tmp_path)
    own = tmp_path / "submitted" / "ada" / tiny.ASSIGNMENT
    own.mkdir(parents=True)
    handin.write_big(own / "exercise.ipynb", 200_000_000)
    said = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=paths.ROOT,
        timeout=100,
        check=True,
    )
    result = json.loads(said.stdout.splitlines()[-1])
    assert (result["outcome"], result["score"]) == ("crashed", 0)
    assert any("200 MB" in text or "20 MB" in text for text in result["reasons"]), result
    assert result["mb"] < 450, "it was read into memory"
    assert result["seconds"] < 15
