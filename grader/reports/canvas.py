"""Files that Canvas's gradebook imports (Grades > Import).

The format is what Canvas's own importer (`lib/gradebook_importer.rb`) reads: the columns Student, ID,
SIS User ID, SIS Login ID and Section, then the assignments; a row `Points Possible`; a row for each student.
Canvas finds a student by ID, then by SIS User ID, then by SIS Login ID, then by name, and an assignment by
its title. It asks before it makes an assignment that it does not know.

An empty cell is no zero. But it is not always left alone: where Canvas has a score already, importing an
empty cell takes that score away. `canvas.csv` has empty cells where a submission could not be graded or was
not handed in; the file of one assignment, `canvas-ASSIGNMENT.csv`, leaves those students out instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.reports.csv_files import guarded, points, table
from grader.reports.statistics import by_assignment
from grader.reports.text import number
from grader.results import Result

_COLUMNS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
# Canvas looks for these words; its own exports put four spaces before them.
_POINTS = ["    Points Possible", "", "", "", ""]


@dataclass(frozen=True)
class Student:
    """What nbgrader's gradebook knows of a student; any of it may be empty.

    Attributes:
        last_name, first_name: the name.
        lms_user_id: Canvas's number of the user, or the SIS id where it is not a number.
        email: taken for the login, which it is at most schools.
    """

    last_name: str = ""
    first_name: str = ""
    lms_user_id: str = ""
    email: str = ""


def files(results: Sequence[Result], students: Mapping[str, Student]) -> dict[str, bytes]:
    """The files by name: `canvas.csv` with all assignments, and one for each assignment."""
    groups = by_assignment(results)
    found = {"canvas.csv": _file(groups, students, empty=True)}
    for assignment, group in groups.items():
        found[_name(assignment)] = _file({assignment: group}, students, empty=False)
    return found


def _file(
    groups: Mapping[str, Sequence[Result]], students: Mapping[str, Student], *, empty: bool
) -> bytes:
    """One file; students without any score are in it only where `empty` is true."""
    scores: dict[str, dict[str, float]] = {}
    for assignment, group in groups.items():
        for one in group:
            of_student = scores.setdefault(one.student, {})
            if one.score is not None:
                of_student[assignment] = one.score
    most = [number(max(one.max_score for one in group)) for group in groups.values()]
    rows = [
        [*_columns(student, students.get(student)), *(points(of.get(name)) for name in groups)]
        for student, of in sorted(scores.items())
        if of or empty
    ]
    header = [*_COLUMNS, *(guarded(assignment) for assignment in groups)]
    return table(header, [[*_POINTS, *most], *rows], mark=False)


def _columns(student: str, known: Student | None) -> list[str]:
    known = known or Student()
    name = ", ".join(part for part in (known.last_name, known.first_name) if part)
    lms = known.lms_user_id.strip()
    # Canvas reads the number that a text in the ID column begins with: "12-anna" would be user 12, who is
    # somebody else. Only a number that is known to be Canvas's goes there; ids go to the SIS columns.
    is_number = lms.isascii() and lms.isdigit()
    return [
        guarded(name or student),
        lms if is_number else "",
        guarded(lms if lms and not is_number else student),
        guarded(known.email or student),
        "",
    ]


def _name(assignment: str) -> str:
    """The name of an assignment's file; two assignments never have the same."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", assignment)[:80]
    if plain != assignment or plain != plain.lower():
        # Some file systems do not tell upper from lower case.
        plain = f"{plain}-{hashlib.sha256(assignment.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return f"canvas-{plain}.csv"
