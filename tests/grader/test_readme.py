"""The README's way of teaching a class, typed line by line: teacher, student, and nbgrader between them."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from course import build, paths
from tests.grader.commands import Person

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(2400),
    pytest.mark.usefixtures("walls"),
]


def blocks() -> list[str]:
    """The blocks of commands of the README's part for teachers."""
    text = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    part = text.split("## Teaching a class")[1].split("\n## ")[0]
    return re.findall(r"^```\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Class:
    """The teacher's and the student's home; the teacher works in a folder that looks like the repository."""

    root: Path
    teacher: Person
    student: Person

    def types(self, who: Person, commands: str, cwd: Path) -> str:
        """Somebody types lines into a shell; each must succeed. Returns what they said."""
        done = subprocess.run(
            ["bash", "-ec", commands.replace("/srv/exchange", str(self.root / "exchange"))],
            cwd=cwd,
            env=who.env | {"HOME": str(who.home), "XDG_CACHE_HOME": str(paths.cache_home().parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1200,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """All blocks, in their order; the student answers between fetching and handing in."""
    root = tmp_path_factory.mktemp("class")
    one = Class(root, Person(root / "teacher"), Person(root / "student"))
    repository = root / "teacher" / "kubelab"
    repository.mkdir(parents=True)
    one.student.home.mkdir()
    (repository / ".venv").symlink_to(sys.prefix)
    (repository / "lab").write_text(f'#!/bin/sh\nexec {sys.executable} -m course "$@"\n')
    (repository / "lab").chmod(0o755)
    release, student, grade = blocks()
    one.types(one.teacher, release, repository)
    fetch, submit = student.splitlines()
    one.types(one.student, fetch, one.student.home)
    path = one.student.home / "pods" / "exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    solution = build.solution(build.exercise("pods"))
    for cell in notebook.cells:
        cell.source = solution.get(cell.id, cell.source)
    nbformat.write(notebook, path)
    one.types(one.student, submit, one.student.home)
    one.types(one.teacher, grade, repository)
    one.types(one.student, fetch.replace("fetch_assignment", "fetch_feedback"), one.student.home)
    return one


def test_the_student_is_graded(taught: Class) -> None:
    (row,) = csv.DictReader(
        (taught.teacher.home / "class/reports/results.csv").read_text().splitlines()
    )
    assert float(row["score"]) == float(row["max_score"]) > 0, row


def test_the_student_has_the_feedback_and_no_solution(taught: Class) -> None:
    (page,) = (taught.student.home / "pods" / "feedback").rglob("exercise.html")
    assert "Nothing is missing" in page.read_text(encoding="utf-8")
    notebook = (taught.student.home / "pods" / "exercise.ipynb").read_text(encoding="utf-8")
    assert "HIDDEN TESTS" not in notebook
    assert os.access(taught.root / "exchange" / "kubelab" / "inbound", os.W_OK)
