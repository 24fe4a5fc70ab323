"""Newer lessons by nbgitpuller, as a hub's links bring them: a student's work is never overwritten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course import paths

EXERCISE, LESSON, OTHER = (
    f"notebooks/en/{name}.ipynb" for name in ("pods/exercise", "pods/lesson", "images/lesson")
)


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=teacher", "-c", "user.email=teacher@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def pull(upstream: Path, student: Path) -> None:
    """What a click on an nbgitpuller link does."""
    argv = [Path(sys.executable).with_name("gitpuller"), f"file://{upstream}", "main", student]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"HOME": str(student.parent)}
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def write_into(file: Path, where: int, source: str) -> None:
    """Changes one cell of a notebook, and saves it as JupyterLab does."""
    notebook = nbformat.read(file, as_version=4)
    notebook.cells[where].source = source
    nbformat.write(notebook, file)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A repository with the notebooks, as teachers have them for their class."""
    folder = tmp_path / "upstream"
    shutil.copytree(paths.ROOT / "notebooks", folder / "notebooks")
    shutil.copy(paths.ROOT / ".gitattributes", folder)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=the course")
    return folder


def test_an_update_brings_what_is_new_and_keeps_what_the_student_wrote(
    upstream: Path, tmp_path: Path
) -> None:
    student = tmp_path / "student"
    pull(upstream, student)
    write_into(student / EXERCISE, 8, "%kubectl run {pod_name} --image=nginx:1.22")
    mine = (student / EXERCISE).read_bytes()
    (student / OTHER).unlink()
    (student / "notebooks/en/notes.ipynb").write_text("my notes")

    for cell in (2, 8, 20):  # near the student's change, at it, and far from it
        write_into(upstream / EXERCISE, cell, "from the teacher")
    write_into(upstream / LESSON, 0, "# A better lesson")
    (upstream / "notebooks/en/notes.ipynb").write_text("the teacher's notes")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=better")
    pull(upstream, student)

    assert (student / EXERCISE).read_bytes() == mine
    assert nbformat.read(student / LESSON, as_version=4).cells[0].source == "# A better lesson"
    assert (student / OTHER).read_bytes() == (upstream / OTHER).read_bytes()
    assert (student / "notebooks/en/notes.ipynb").read_text() == "the teacher's notes"
    (kept,) = student.glob("notebooks/en/notes__*.ipynb")
    assert kept.read_text() == "my notes"

    (student / EXERCISE).unlink()  # how a student gets the newest one
    pull(upstream, student)
    assert (student / EXERCISE).read_bytes() == (upstream / EXERCISE).read_bytes()
