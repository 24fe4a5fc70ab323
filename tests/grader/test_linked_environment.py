"""The environment's Python may be reached by a link: `.venv` is one, and so is what others make of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from course import paths


def test_the_sandbox_is_had_where_python_is_reached_by_any_link(
    walls: None, tmp_path: Path
) -> None:
    link = tmp_path / "env"
    link.symlink_to(Path(sys.prefix).resolve())
    look = "from grader.isolation import sandbox; print(sandbox.missing())"
    tried = subprocess.run(
        [link / "bin" / "python", "-P", "-c", look],
        env=os.environ | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (tried.returncode, tried.stdout.strip()) == (0, ""), tried.stderr
