"""Results of grading as files: for spreadsheets, for Canvas, for CI servers, for programs, for the teacher."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.reports import canvas, csv_files, html, json_file, junit
from grader.reports.canvas import Student
from grader.reports.json_file import read
from grader.results import Result

__all__ = ["Student", "read", "write"]


def write(
    folder: Path,
    results: Sequence[Result],
    course: str = "Kubelab",
    students: Mapping[str, Student] | None = None,
) -> list[Path]:
    """Write all reports into a folder, which is made where it is not there.

    `results.csv`, `items.csv`, `canvas.csv` and a `canvas-ASSIGNMENT.csv` for each assignment,
    `results.json`, `junit.xml` and `report.html`. Either all are made before the first is written, or
    none is; each replaces the one before at once. The same results give the same bytes.

    Args:
        folder: where to.
        results: in any order; `results.json` keeps it, the others go by assignment and student.
        course: the course's name, for headings.
        students: names and ids for Canvas, by student id; for those unknown, the id stands in.

    Returns:
        The files' paths.

    Raises:
        GradeError: a score or a time is infinite or not a number.
        OSError: a file could not be written.
    """
    ordered = sorted(results, key=lambda one: (one.assignment, one.student))
    files = {
        "results.json": json_file.write(results, course),  # the first, for it refuses bad numbers
        "results.csv": csv_files.results(ordered),
        "items.csv": csv_files.items(ordered),
        **canvas.files(ordered, students or {}),
        "junit.xml": junit.write(ordered, course),
        "report.html": html.write(ordered, course),
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [_replace(folder / name, data) for name, data in files.items()]


def _replace(path: Path, data: bytes) -> Path:
    """Write a file such that a reader sees the old one or the new one, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
