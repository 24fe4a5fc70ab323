"""An assignment as small as can be: two variables and a ConfigMap, six points, under two seconds.

Its cells have the roles that those of a real exercise have: parameters and imports run in both kernels,
the cell tagged `setup` and the tests in the examiner's alone.
"""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from tests import cells

ASSIGNMENT = "tiny"
POINTS = 6.0
CANARY = "canary-5f0c2d97b1"
"""It stands in a hidden test, in the grader's environment and in a file of the machine: nowhere else."""

SOLUTION = {
    "first": "numbers = [1, 2, 3]",
    "make": "%kubectl create configmap {name} --from-literal=colour={colour} --namespace {namespace}",
    "last": "total = sum(numbers)",
}
EMPTY = "# YOUR ANSWER HERE"

_PARAMETERS = """\
namespace = "tiny-exercise"
name = "lamp"
colour = "green\""""

_BEGIN = """\
from course import checks

examiner_only = True
checks.fresh_namespace(namespace)"""

_FIRST = f"""\
card = checks.Scorecard(points=2)
answered = card.check(0, "There is an answer", checks.answer, "numbers")
### BEGIN HIDDEN TESTS
mark = "{CANARY}"
value = checks.answer("numbers") if answered else None
card.expect(2, "The numbers are one to three", value == [1, 2, 3], "Other numbers were asked for.")
### END HIDDEN TESTS
card"""

_MAKE = """\
card = checks.Scorecard(points=3)
lamp = checks.Object("configmap", name, namespace)
there = card.check(1, "The ConfigMap is there", lamp.get)
### BEGIN HIDDEN TESTS
card.check(2, "It has the colour", lamp.matches, {"data": {"colour": colour}}, after=there)
### END HIDDEN TESTS
card"""

_LAST = """\
card = checks.Scorecard(points=1)
answered = card.check(0, "There is an answer", checks.answer, "total")
### BEGIN HIDDEN TESTS
value = checks.answer("total") if answered else None
card.expect(1, "The total is right", value == 6, "Another total was asked for.")
import builtins
if hasattr(builtins, "owned_by_the_student"):
    print("GAINED:" + "the examiner's kernel")
### END HIDDEN TESTS
card"""


def source() -> NotebookNode:
    """The teacher's notebook."""
    return cells.notebook(
        cells.locked("parameters", _PARAMETERS, tags=["parameters"]),
        cells.locked("load", "%load_ext course\nfrom course import checks"),
        cells.locked("begin", _BEGIN, tags=["setup"]),
        cells.answer("first", SOLUTION["first"]),
        cells.test("first", _FIRST, 2),
        cells.answer("make", SOLUTION["make"]),
        cells.test("make", _MAKE, 3),
        cells.answer("last", SOLUTION["last"]),
        cells.test("last", _LAST, 1),
    )


def write_source(folder: Path) -> None:
    """Put the assignment where the grader looks for one that is not the course's."""
    cells.write_source(folder, ASSIGNMENT, "exercise", source())


def submission() -> NotebookNode:
    """The notebook as students get it."""
    from course.build import student_view

    return student_view(source())
