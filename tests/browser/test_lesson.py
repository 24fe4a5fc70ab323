"""Lesson 1 in JupyterLab: opened from the list of files, and run to its end."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.jupyterlab import Lab
from tests.browser.served import Machine
from tests.faults.traces import until
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(800)]
LESSON = "pods/lesson.ipynb"
RUNS_WITHIN = 400.0  # measured: 54 s, on two busy processors


def is_whole(path: Path) -> bool:
    """Whether the file is a notebook: JupyterLab may be writing it."""
    try:
        nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError:
        return False
    return True


def test_the_first_lesson_runs_to_its_end_without_an_error(
    jupyterlab: Lab, student: Machine, tell: Tell
) -> None:
    jupyterlab.notebook("start.ipynb")
    jupyterlab.shot("start-page")
    lesson = jupyterlab.open(LESSON)
    jupyterlab.shot("lesson-opened")
    began = time.monotonic()
    lesson.run_all(RUNS_WITHIN)
    tell(f"all cells of the lesson ran in {time.monotonic() - began:.1f} s")
    for cell in ("pods-get-again", "pods-sidecar", "pods-probe-events", "pods-cleanup-get"):
        lesson.cell(cell)
        jupyterlab.shot(f"lesson-{cell}")
    expect(jupyterlab.page.get_by_text("Jupyter news")).to_have_count(0)
    lesson.save()
    path = student.notebooks() / LESSON
    # It may be saved by itself as well, just then.
    until(lambda: is_whole(path), 20, lambda: path.read_text()[-200:])
    saved = nbformat.read(path, as_version=4)
    cells = [cell for cell in saved.cells if cell.cell_type == "code"]
    errors = {
        cell.id: output.evalue
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert errors == {}
    assert [cell.id for cell in cells if not cell.execution_count] == []
