"""The Pods lesson, executed as a student would: all of it, on a real cluster, twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course import build

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

RUN = (
    "import sys, papermill; papermill.execute_notebook(sys.argv[1], sys.argv[2], progress_bar=False, "
    "execution_timeout=150)"
)


def execute(cluster: Any, notebook: Path, to: Path) -> dict[str, str]:
    """Run a notebook inside the cluster's network; each code cell's printed output by its id."""
    argv = cluster.shell_argv([sys.executable, "-c", RUN, str(notebook), str(to)])
    done = subprocess.run(
        argv,
        env=os.environ | cluster.env(),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = nbformat.read(to, as_version=4).cells
    return {
        cell.id: "".join(out.get("text", "") for out in cell.outputs)
        for cell in cells
        if cell.cell_type == "code"
    }


@pytest.mark.timeout(600)
def test_the_lesson_runs_twice_in_a_row_and_shows_what_it_says(
    cluster: Any, tmp_path: Path
) -> None:
    (lesson,) = [one for one in build.sources("pods") if not one.is_exercise]
    for turn in ("first", "second"):
        shown = execute(cluster, lesson.notebook("en"), tmp_path / f"{turn}.ipynb")
        assert "Welcome to nginx!" in shown["pods-curl"]
        assert "GET / HTTP/1.1" in shown["pods-curl-logs"]
        assert "nginx/1.22" in shown["pods-exec"]
        assert "<h1>Changed from inside</h1>" in shown["pods-exec-page"]
        assert "Running" in shown["pods-watch"]
        assert "already exists" in shown["pods-name-taken"]
        assert "This is Pod once." in shown["pods-once"]
        assert "<h1>Changed from inside</h1>" in shown["pods-once-client"]
        assert "once" not in shown["pods-once-gone"]
        assert "2/2" in shown["pods-sidecar-get"]
        assert shown["pods-sidecar-page"] != shown["pods-sidecar-page-again"]
        assert "index.html" in shown["pods-sidecar-ls-web"]
        assert "Edition" in shown["pods-localhost"]
        assert "Address already in use" in shown["pods-clash-logs"]
        assert "mynginx" not in shown["pods-delete-get"]
        assert "Immediate deletion does not wait" in shown["pods-force"]
        assert "No resources found" in shown["pods-cleanup-get"]
