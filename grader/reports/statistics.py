"""How hard the graded cells are, and whether they tell strong submissions from weak ones.

Pure functions of the results. Only submissions that ran to their end count here: in one that crashed or
timed out, the zeros of the cells that never ran say nothing of how hard those cells are.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grader.results import Item, Outcome, Result

# Fewer submissions than this give a correlation with a standard error of more than about 0.23.
MIN_SUBMISSIONS = 20
# The mean share of the points above which a cell is too easy, and below which it is too hard.
TOO_EASY = 0.90
TOO_HARD = 0.30
# The item-total correlation below which a cell does not discriminate.
DISCRIMINATES = 0.20


class Verdict(StrEnum):
    """What the figures of a graded cell say."""

    TOO_FEW = "too few submissions to say"
    TOO_EASY = "too easy"
    TOO_HARD = "too hard"
    DOES_NOT_DISCRIMINATE = "does not discriminate"
    FINE = "fine"


@dataclass(frozen=True)
class ItemStatistics:
    """The figures of one graded cell.

    Attributes:
        submissions: how many the figures are made from.
        max_score: the cell's points.
        difficulty: the mean share of the points, 0 (nobody got any) to 1 (everybody got all).
        discrimination: see `discrimination`; None where it cannot be calculated.
        verdict: see `verdict`.
    """

    assignment: str
    cell: str
    submissions: int
    max_score: float
    difficulty: float
    discrimination: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Summary:
    """The scores of one assignment, as shares of its points (0 to 1); None where there is no score."""

    assignment: str
    submissions: int
    scored: int
    max_score: float
    mean: float | None
    median: float | None
    lowest: float | None
    highest: float | None
    deviation: float | None


def share(score: float, max_score: float) -> float:
    """The share of the points, 0 to 1; where there are no points to be had, 1."""
    return score / max_score if max_score else 1.0


def shares(results: Iterable[Result]) -> list[float]:
    """The share of the points of each submission that has a score."""
    return [share(one.score, one.max_score) for one in results if one.score is not None]


def correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Pearson's correlation, -1 to 1; None for fewer than two pairs or where one side is constant."""
    # Asked here, for the standard library finds a constant 0.2 to vary a little.
    if len(set(left)) < 2 or len(set(right)) < 2:
        return None
    return statistics.correlation(left, right)


def discrimination(scores: Sequence[float], totals: Sequence[float]) -> float | None:
    """The corrected item-total correlation: of a cell's points with the points of all other cells.

    Args:
        scores: the cell's points, one of each submission.
        totals: the points of all cells together, this one included, in the same order.

    Returns:
        -1 to 1; None where it cannot be calculated (see `correlation`).
    """
    # Rounded, for 0.3 - 0.1 and 0.2 are the same number of points, and a constant must be one.
    rest = [round(total - score, 9) for score, total in zip(scores, totals, strict=True)]
    return correlation([round(score, 9) for score in scores], rest)


def verdict(
    submissions: int, difficulty: float, discriminates: float | None, *, same_for_all: bool = False
) -> Verdict:
    """What to think of a cell.

    Args:
        submissions: how many the figures are made from.
        difficulty: the mean share of the points, 0 to 1.
        discriminates: the corrected item-total correlation; None where it cannot be calculated.
        same_for_all: every submission has the same points in this cell.
    """
    if submissions < MIN_SUBMISSIONS:
        return Verdict.TOO_FEW
    if difficulty > TOO_EASY:
        return Verdict.TOO_EASY
    if difficulty < TOO_HARD:
        return Verdict.TOO_HARD
    if same_for_all or (discriminates is not None and discriminates < DISCRIMINATES):
        return Verdict.DOES_NOT_DISCRIMINATE
    return Verdict.FINE


def by_assignment(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each assignment, by name."""
    groups: dict[str, list[Result]] = {}
    for one in sorted(results, key=lambda one: (one.assignment, one.student)):
        groups.setdefault(one.assignment, []).append(one)
    return groups


def of_items(results: Iterable[Result]) -> list[ItemStatistics]:
    """The figures of every graded cell that is worth points, in the order of the notebooks."""
    found: list[ItemStatistics] = []
    for assignment, group in by_assignment(results).items():
        complete = [one for one in group if one.outcome is Outcome.SCORED and one.items]
        found += _of_assignment(assignment, complete)
    return found


def _of_assignment(assignment: str, results: Sequence[Result]) -> list[ItemStatistics]:
    pairs: dict[str, list[tuple[Item, float]]] = {}
    for one in results:
        total = sum(item.score for item in one.items)
        for item in one.items:
            pairs.setdefault(item.cell, []).append((item, total))
    return [
        _of_item(assignment, cell, cells)
        for cell, cells in pairs.items()
        if max(item.max_score for item, _ in cells) > 0
    ]


def _of_item(assignment: str, cell: str, pairs: Sequence[tuple[Item, float]]) -> ItemStatistics:
    scores = [item.score for item, _ in pairs]
    difficulty = statistics.fmean(share(item.score, item.max_score) for item, _ in pairs)
    found = discrimination(scores, [total for _, total in pairs])
    return ItemStatistics(
        assignment,
        cell,
        len(pairs),
        max(item.max_score for item, _ in pairs),
        difficulty,
        found,
        verdict(len(pairs), difficulty, found, same_for_all=len(set(scores)) == 1),
    )


def summaries(results: Iterable[Result]) -> list[Summary]:
    """The figures of every assignment's scores."""
    return [_summary(name, group) for name, group in by_assignment(results).items()]


def _summary(assignment: str, group: Sequence[Result]) -> Summary:
    most = max(one.max_score for one in group)
    found = shares(group)
    if not found:
        return Summary(assignment, len(group), 0, most, None, None, None, None, None)
    return Summary(
        assignment,
        len(group),
        len(found),
        most,
        statistics.fmean(found),
        statistics.median(found),
        min(found),
        max(found),
        statistics.stdev(found) if len(found) > 1 else None,
    )
