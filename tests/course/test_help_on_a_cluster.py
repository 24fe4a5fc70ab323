"""The button *Check* on a real cluster: a task done wrong, then right, and what the start page says of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from course import build
from course.cluster.embedded import Embedded
from course.views.progress import progress
from tests.course.student import sitting

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
RUN = "%kubectl run {pod_name} --image=nginx:1.22 --namespace {namespace}"


def test_a_task_is_checked_when_it_is_wrong_and_when_it_is_right(
    cluster: Embedded, tmp_path: Path
) -> None:
    path = tmp_path / "pods" / "exercise.ipynb"
    path.parent.mkdir()
    shutil.copy(build.exercise("pods").notebook("en"), path)
    cells = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    with sitting(path.parent, "en", **cluster.env()) as student:
        for name in ("parameters", "imports", "begin", "hello-hint"):
            student.run(cells[name], cell=name)
        student.press("Check")
        assert "✘ The Pod runs the image nginx:1.22  (0 of 0.5)" in student.display
        assert "Look closer: kubectl get pod -n pods-exercise" in student.display
        student.run(RUN)
        student.press("Check")
        assert "✔ The Pod runs the image nginx:1.22  (0.5 of 0.5)" in student.display
        assert "✘ 0.5 of 1 points in sight. 1 more when you hand in." in student.display
        student.run("%kubectl label pod {pod_name} tier={tier} --namespace {namespace}")
        student.press("Check")
        assert "1 of the 2 points are for checks that run when you hand in." in student.display
        assert "✔ 1 of 1 points in sight. 1 more when you hand in." in student.display
    (one,) = progress(tmp_path)
    assert (one.done, one.held, one.seen) == (1, 1, 1), "the notebook was never saved"
