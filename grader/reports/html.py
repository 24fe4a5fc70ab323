"""`report.html`: one page for the teacher, complete in itself, readable without JavaScript or a network."""

from __future__ import annotations

import statistics as stdlib_statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course import templates
from grader.reports import ladder, losses, plots, statistics
from grader.reports.text import clean, number, shortened
from grader.results import Outcome, Reason, Result

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_REASON = 2_000  # characters of a reason that are shown; results.json has all of it
_REASONS = 40  # reasons of a submission that are shown
_LOSSES = 30  # rows of the table of commonest reasons
_SLOWEST = 10
_MEANINGS = {
    Outcome.SCORED: "It ran to its end and has its points.",
    Outcome.CRASHED: "The kernel died, or the file is no notebook; what did not run has no points.",
    Outcome.TIMED_OUT: "It did not end in time; what did not run has no points.",
    Outcome.NOT_GRADABLE: "The grader's surroundings failed; there is no score, and it is no zero.",
}


@dataclass(frozen=True)
class _Row:
    """A submission as the page shows it."""

    result: Result
    reasons: Sequence[Reason]
    left_off: int
    lost: float | None


def write(results: Sequence[Result], course: str) -> bytes:
    """The page."""
    environment = templates.environment(_TEMPLATE.parent)
    environment.filters.update(
        number=number,
        percent=_percent,
        clean=clean,
        cut=lambda text: shortened(clean(text), _REASON),
    )
    page = environment.get_template(_TEMPLATE.name).render(_context(results, course))
    return page.encode()


def _percent(share: float | None) -> str:
    """A share as percents; a dash where there is none."""
    return "–" if share is None else f"{share * 100:.0f} %"


def _context(results: Sequence[Result], course: str) -> dict[str, Any]:
    found = losses.commonest(results)
    return {
        "course": course,
        "headline": _headline(results),
        "not_gradable": [one for one in results if one.score is None],
        "unconfined": sum(one.isolation == "none" for one in results),
        "outcomes": _outcomes(results),
        "assignments": _assignments(results),
        "items": statistics.of_items(results),
        "limits": statistics,
        "losses": found[:_LOSSES],
        "losses_left_off": max(0, len(found) - _LOSSES),
        "ladders": ladder.ladders(results),
        "time": _time(results),
        "rows": [_row(one) for one in results],
    }


def _headline(results: Sequence[Result]) -> list[tuple[str, str]]:
    found = statistics.shares(results)
    return [
        ("submissions", str(len(results))),
        ("students", str(len({one.student for one in results}))),
        ("assignments", str(len({one.assignment for one in results}))),
        ("mean score", _percent(stdlib_statistics.fmean(found) if found else None)),
        ("median score", _percent(stdlib_statistics.median(found) if found else None)),
        ("not gradable", str(sum(one.score is None for one in results))),
    ]


def _outcomes(results: Sequence[Result]) -> list[tuple[str, int, str]]:
    counts = Counter(one.outcome for one in results)
    return [(str(outcome), counts[outcome], _MEANINGS[outcome]) for outcome in Outcome]


def _assignments(results: Sequence[Result]) -> list[tuple[statistics.Summary, str]]:
    """(the figures, the plot) of each assignment; no plot where nothing has a score."""
    groups = statistics.by_assignment(results)
    return [
        (
            one,
            _scores(one.assignment, groups[one.assignment], f"scores{index}") if one.scored else "",
        )
        for index, one in enumerate(statistics.summaries(results))
    ]


def _scores(assignment: str, group: Sequence[Result], key: str) -> str:
    return plots.scores(statistics.shares(group), clean(assignment), key)


def _time(results: Sequence[Result]) -> dict[str, Any] | None:
    """What there is to say of the execution times; None where nothing was executed."""
    executed = [one for one in results if one.seconds > 0]
    if not executed:
        return None
    seconds = [one.seconds for one in executed]
    return {
        "plot": plots.times(seconds, "times"),
        "count": len(seconds),
        "median": stdlib_statistics.median(seconds),
        "total": sum(seconds),
        "slowest": sorted(executed, key=lambda one: -one.seconds)[:_SLOWEST],
    }


def _row(one: Result) -> _Row:
    return _Row(
        one,
        one.reasons[:_REASONS],
        max(0, len(one.reasons) - _REASONS),
        None if one.score is None else one.max_score - one.score,
    )
