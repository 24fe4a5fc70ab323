"""The page on adding a task, followed to the letter in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from course import paths
from course.catalogue import po

PAGE = paths.ROOT / "course" / "content" / "ADDING_A_TASK.md"
_STEP = re.compile(
    r"(?:`(?P<file>[^`\n]+)`, (?P<place>before the cell `[\w-]+`|at its end|new):\n\n)?"
    r"```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.pyc")


@dataclass(frozen=True)
class Step:
    """One block of the page: a text for a file, or commands."""

    kind: str
    text: str
    file: str
    place: str


def steps() -> Iterator[Step]:
    for found in _STEP.finditer(PAGE.read_text(encoding="utf-8")):
        yield Step(found["kind"], found["text"], found["file"] or "", found["place"] or "")


@dataclass(frozen=True)
class Copy:
    """A copy of the repository."""

    root: Path

    def write(self, step: Step) -> None:
        """Do what the page says about a file."""
        path = self.root / step.file
        if step.place == "new":
            assert not path.exists(), f"{step.file} is there already: the page needs another name"
            path.write_text(step.text, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        if step.place == "at its end":
            path.write_text(text + step.text, encoding="utf-8")
            return
        (cell,) = re.findall(r"`([\w-]+)`", step.place)
        (marker,) = re.findall(rf'^# %%.* id="{cell}".*$', text, re.MULTILINE)
        path.write_text(text.replace(marker, f"{step.text}\n{marker}"), encoding="utf-8")

    def translate(self, step: Step) -> None:
        """Write the block's translations into the entries that the catalogue has."""
        path = self.root / "course/content/pods/zh.po"
        given = self.root / "given.po"
        given.write_text(step.text, encoding="utf-8")
        there, new = po.read(path), po.read(given)
        assert set(new) <= set(there), "the page translates other texts than it adds"
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        po.write(path, (there | new).items(), title)

    def run(self, commands: str) -> str:
        """Type the commands; the last must succeed, and so must each before it."""
        done = subprocess.run(
            ["bash", "-ec", commands],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=3000,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-6000:]}"
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The repository, with the environment that runs these tests and a `lab` that uses it."""
    root = tmp_path / "kubelab"
    root.mkdir()
    for name in ("course", "grader", "notebooks", "tests"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=NOT_COPIED)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(paths.ROOT / name, root / name)
    (root / ".venv").symlink_to(Path(sys.prefix).resolve())
    (root / "lab").write_text('#!/bin/sh\nexec .venv/bin/python -m course "$@"\n')
    (root / "lab").chmod(0o755)
    return Copy(root)


def test_the_page_has_steps_of_every_kind() -> None:
    found = list(steps())
    assert {step.kind for step in found} == {"python", "toml", "po", "sh"}
    assert all(bool(step.file) == (step.kind in {"python", "toml"}) for step in found)
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("walls")
def test_whoever_follows_the_page_has_a_task_that_is_graded_as_it_must(copy: Copy) -> None:
    said = ""
    for step in steps():
        if step.kind == "sh":
            said += copy.run(step.text)
        elif step.kind == "po":
            copy.translate(step)
        else:
            copy.write(step)
    for words in ("Now translate these", "notebooks/zh/pods/exercise.ipynb", "0 failed"):
        assert words in said
    (graded, skipped) = re.findall(r"total: (\d+) passed, 0 failed, (\d+) skipped", said)[0]
    # In each language the solution and the stub, and three wrong answers.
    assert (int(graded), int(skipped)) == (2 * 2 + 3, 0), said
