"""The help that students took: for each task, how many took none, one, two or three hints, or saw the solution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course.checks.kept import STEPS
from grader.hints import task_of
from grader.reports.statistics import by_assignment
from grader.results import Result


@dataclass(frozen=True)
class Ladder:
    """One task's hints.

    Attributes:
        assignment, task: where they are.
        counts: how many submissions took none, one, two, … of them.
        solutions: in how many the solution was shown.
    """

    assignment: str
    task: str
    counts: tuple[int, ...]
    solutions: int = 0


def ladders(results: Iterable[Result]) -> list[Ladder]:
    """The tasks of every assignment in which anybody took help, in the order of the notebooks."""
    found: list[Ladder] = []
    for assignment, group in by_assignment(results).items():
        if any(one.hints or one.solutions for one in group):
            found += [_ladder(assignment, task, group) for task in _tasks(group)]
    return found


def _tasks(group: Sequence[Result]) -> list[str]:
    """Every task once: those with a graded cell, then those that only help knows."""
    with_cells = [task_of(item.cell) for one in group for item in one.items]
    with_hints = [task for one in group for task in (*one.hints, *one.solutions)]
    return list(dict.fromkeys([*with_cells, *with_hints]))


def _ladder(assignment: str, task: str, group: Sequence[Result]) -> Ladder:
    steps = [one.hints.get(task, 0) for one in group]
    counts = tuple(steps.count(number) for number in range(STEPS + 1))
    return Ladder(assignment, task, counts, sum(task in one.solutions for one in group))
