"""Each lesson, executed as a student would: all of it, on a real cluster.

In a thorough run each runs in every language, one after the other on the same cluster; in a usual one the first does,
and the others in English. (All of them run in Chinese on kind: tests/kind/test_lessons.py.)
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from course import build
from course.content import LESSONS
from course.language import LANGUAGES, SOURCE
from tests.course import shows
from tests.support import thorough

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

RUN = (
    "import sys, papermill; papermill.execute_notebook(sys.argv[1], sys.argv[2], progress_bar=False, "
    "execution_timeout=300)"
)


def lesson_of(name: str) -> build.Source | None:
    return next((one for one in build.sources(name) if not one.is_exercise), None)


def execute(cluster: Any, notebook: Path, to: Path) -> dict[str, str]:
    """Run a notebook inside the cluster's network; what each code cell shows, by its id."""
    argv = cluster.shell_argv([sys.executable, "-c", RUN, str(notebook), str(to)])
    done = subprocess.run(
        argv,
        env=os.environ | cluster.env(),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = nbformat.read(to, as_version=4).cells
    return {
        cell.id: "".join(text_of(output) for output in cell.outputs)
        for cell in cells
        if cell.cell_type == "code"
    }


def text_of(output: NotebookNode) -> str:
    """What an output says: a stream's words, or the text of what is displayed, a line of its own."""
    plain = output.get("data", {}).get("text/plain")
    return str(output.get("text", "")) if plain is None else f"{plain}\n"


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("name", [name for name in LESSONS if lesson_of(name)])
def test_a_lesson_runs_and_shows_what_it_says_and_again_in_the_next_language(
    name: str, cluster: Any, tmp_path: Path
) -> None:
    """It must run on the cluster where it ran before, which does not depend on its language."""
    lesson = lesson_of(name)
    assert lesson is not None
    for lang in LANGUAGES if thorough() or name == LESSONS[0] else [SOURCE]:
        path = build.write(build.render(lesson, lang), tmp_path / f"lesson-{lang}.ipynb")
        shown = execute(cluster, path, tmp_path / f"executed-{lang}.ipynb")
        assert list(shows.missing(name, lang, shown)) == [], lang
