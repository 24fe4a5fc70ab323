"""What students handed in: FOLDER/submitted/STUDENT/ASSIGNMENT/*.ipynb, nbgrader's own layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course.errors import GradeError
from grader.limits import Limits, of_bytes

_MOST_CELLS = 2000
_PATTERN = frozenset("*?[]{}")


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment."""

    student: str
    assignment: str
    folder: Path

    @property
    def links(self) -> list[str]:
        """The names of links in it. nbgrader would copy what they lead to, and give it to the student."""
        return sorted({path.name for path in self.folder.rglob("*") if path.is_symlink()})

    @property
    def notebooks(self) -> list[Path]:
        """The notebooks' files."""
        return sorted(self.folder.glob("*.ipynb"))


def submissions(folder: Path) -> list[Submission]:
    """All submissions of a course folder, by assignment and student."""
    found = (folder / "submitted").glob("*/*/")
    every = [Submission(path.parent.name, path.name, path) for path in found if path.is_dir()]
    return sorted(every, key=lambda one: (one.assignment, one.student))


def some(folder: Path) -> list[Submission]:
    """All submissions of a course folder.

    Raises:
        GradeError: there are none.
    """
    if found := submissions(folder):
        return found
    raise GradeError(
        f"There are no submissions in {folder}.",
        "The layout is nbgrader's: FOLDER/submitted/STUDENT/ASSIGNMENT/exercise.ipynb.",
    )


def problems(one: Submission, names: set[str], limits: Limits) -> Iterator[str]:
    """Why what was handed in cannot be executed at all.

    Args:
        one: what was handed in.
        names: the assignment's notebooks, without their ending.
        limits: how big a file may be.
    """
    if strange := sorted(_PATTERN & set(one.student)):
        # nbgrader would take every student's work for this one's.
        yield f"The folder's name, {one.student}, has {' '.join(strange)} in it, which nbgrader takes for a pattern."
        return
    notebooks = one.notebooks
    known = [path for path in notebooks if path.stem in names]
    if not known:
        there = ", ".join(path.name for path in notebooks) or "none"
        wanted = ", ".join(f"{name}.ipynb" for name in sorted(names))
        yield f"There is no notebook {wanted} in {one.folder.name}/; there: {there}."
    for path in known:
        if why := _wrong_with(path, limits):
            yield f"{path.name} {why}"


def _wrong_with(path: Path, limits: Limits) -> str:
    if path.is_symlink() or not path.is_file():
        return "is a link or a folder, and no file."
    if (size := path.stat().st_size) > limits.notebook:
        return f"has {of_bytes(size)}; the limit is {of_bytes(limits.notebook)}."
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as problem:  # nbformat raises whatever a broken file makes it raise
        first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        return f"is not a notebook: {first:.300}"
    if len(notebook.cells) > _MOST_CELLS:
        return f"has {len(notebook.cells)} cells; the limit is {_MOST_CELLS}."
    return ""
