"""What students lose points for most often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from course.checks.scorecard import not_tried
from grader.results import Item, Reason, Result

_NOT_SO = ": not so. "  # between a check's sentence and its reason
_ERROR = re.compile(r"(.+?): (\w+)(?:[:.]|$)")
WHOLE = "(whole submission)"


@dataclass(frozen=True)
class Loss:
    """One check, and what it cost everybody.

    Attributes:
        assignment, cell: where it is.
        text: the check's sentence, or how the cell failed.
        count: how many submissions lost points here.
        not_tried: how many of these only because an earlier check had not held.
        points: the points that all of them lost.
        example: one submission's reason.
    """

    assignment: str
    cell: str
    text: str
    count: int
    not_tried: int
    points: float
    example: str


@dataclass(frozen=True)
class _Lost:
    """Points that one submission lost at one check."""

    cell: str
    text: str
    points: float
    reason: str


def commonest(results: Iterable[Result]) -> list[Loss]:
    """All losses, the most frequent first; submissions without a score do not count."""
    groups: dict[tuple[str, str, str], dict[str, list[_Lost]]] = {}
    for one in sorted(results, key=lambda one: (one.assignment, one.student)):
        if one.score is None:
            continue
        for lost in _of(one):
            key = (one.assignment, lost.cell, lost.text)
            groups.setdefault(key, {}).setdefault(one.student, []).append(lost)
    found = [_loss(*key, list(of.values())) for key, of in groups.items()]
    return sorted(
        found, key=lambda loss: (-loss.count, -loss.points, loss.assignment, loss.cell, loss.text)
    )


def _loss(assignment: str, cell: str, text: str, students: list[list[_Lost]]) -> Loss:
    every = [lost for of_one in students for lost in of_one]
    tried = [lost for lost in every if not not_tried(lost.reason)]
    untried = sum(all(not_tried(lost.reason) for lost in of_one) for of_one in students)
    points = sum(lost.points for lost in every)
    return Loss(assignment, cell, text, len(students), untried, points, (tried or every)[0].reason)


def _of(result: Result) -> Iterator[_Lost]:
    """A submission's losses: by its scorecards' checks, and where a cell has none, by its reasons."""
    told: set[str] = set()
    for item in result.items:
        lost = list(_of_checks(item))
        if lost:
            told.add(item.cell)
        yield from lost
    for reason in result.reasons:
        if reason.points > 0 and reason.cell not in told:
            text, words = _parts(reason)
            yield _Lost(reason.cell or WHOLE, text, reason.points, words)


def _of_checks(item: Item) -> Iterator[_Lost]:
    for check in item.checks:
        if check.earned < check.points:
            yield _Lost(item.cell, check.what, check.points - check.earned, check.reason)


def _parts(reason: Reason) -> tuple[str, str]:
    """(what submissions with the same fault share, the rest of the words)."""
    text, sign, words = reason.text.partition(_NOT_SO)
    if sign:
        return text, words
    first = (reason.text.splitlines() or [""])[0]
    error = _ERROR.match(first)
    return (": ".join(error.groups()) if error else first), reason.text
