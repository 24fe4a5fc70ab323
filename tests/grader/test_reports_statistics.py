"""How hard the graded cells are: against numbers calculated by hand."""

from __future__ import annotations

import pytest

from course.checks.scorecard import NOT_TRIED
from grader.reports import losses, statistics
from grader.reports.statistics import Verdict
from grader.results import Item, Outcome, Reason, Result
from tests.grader import reports_data as data


def result(student: str, *scores: float, most: float = 2.0) -> Result:
    items = tuple(Item(f"cell{index}", score, most) for index, score in enumerate(scores))
    return Result(
        student, "a", sum(scores), most * len(scores), Outcome.SCORED, seconds=1, items=items
    )


def test_discrimination_leaves_the_cells_own_points_out() -> None:
    # scores 1 0 1 1; rest 4 1 3 1. Deviations .25 -.75 .25 .25 and 1.75 -1.25 .75 -1.25: the sum of the
    # products is 1.25, of the squares .75 and 6.75; 1.25 / sqrt(.75 * 6.75) = 1.25 / 2.25.
    assert statistics.discrimination([1, 0, 1, 1], [5, 1, 4, 2]) == pytest.approx(5 / 9)


def test_discrimination_is_minus_one_where_the_weak_get_the_points() -> None:
    assert statistics.discrimination([0, 1, 2], [4, 4, 4]) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("scores", "totals"),
    [
        ([], []),
        ([1], [2]),
        ([1, 1, 1], [1, 2, 3]),  # all have the same points
        ([0, 1, 2], [0, 1, 2]),  # there is no other cell
        ([0.1, 0.2, 0.3], [0.3, 0.4, 0.5]),  # the rest is 0.2 but for rounding
    ],
)
def test_a_correlation_that_cannot_be_calculated_is_none(
    scores: list[float], totals: list[float]
) -> None:
    assert statistics.discrimination(scores, totals) is None


def test_difficulty_is_the_mean_share_of_the_points() -> None:
    first, second = statistics.of_items([result("a", 2, 0), result("b", 1, 0), result("c", 0, 1)])
    assert (first.difficulty, first.submissions, first.max_score) == (0.5, 3, 2)
    assert second.difficulty == pytest.approx(1 / 6)


def test_only_what_ran_to_its_end_counts() -> None:
    results = [
        result("a", 2, 2),
        data.not_gradable("b", "a"),
        data.timed_out("c", "a"),
        data.crashed("d", "a"),
    ]
    assert [(item.cell, item.submissions) for item in statistics.of_items(results)] == [
        ("cell0", 1),
        ("cell1", 1),
    ]


def test_a_cell_without_points_has_no_figures() -> None:
    assert statistics.of_items([result("a", 0, 0, most=0)]) == []


@pytest.mark.parametrize(
    ("submissions", "difficulty", "discriminates", "expected"),
    [
        (19, 0.99, 0.9, Verdict.TOO_FEW),
        (20, 0.91, 0.9, Verdict.TOO_EASY),
        (20, 0.90, 0.9, Verdict.FINE),
        (20, 0.29, 0.9, Verdict.TOO_HARD),
        (20, 0.30, 0.9, Verdict.FINE),
        (20, 0.50, 0.19, Verdict.DOES_NOT_DISCRIMINATE),
        (20, 0.50, -0.5, Verdict.DOES_NOT_DISCRIMINATE),
        (20, 0.50, 0.20, Verdict.FINE),
        (20, 0.50, None, Verdict.FINE),
    ],
)
def test_verdicts_go_by_the_stated_limits(
    submissions: int, difficulty: float, discriminates: float | None, expected: Verdict
) -> None:
    assert statistics.verdict(submissions, difficulty, discriminates) is expected


def test_a_cell_in_which_all_have_half_the_points_does_not_discriminate() -> None:
    first, *_ = statistics.of_items([result(f"s{n}", 1, n % 3) for n in range(20)])
    assert (first.difficulty, first.discrimination) == (0.5, None)
    assert first.verdict is Verdict.DOES_NOT_DISCRIMINATE


def test_the_summary_of_an_assignment_counts_only_scores() -> None:
    (one,) = statistics.summaries(
        [result("a", 2, 2), result("b", 0, 1), data.not_gradable("c", "a")]
    )
    assert (one.submissions, one.scored) == (3, 2)
    assert (one.mean, one.median, one.lowest, one.highest) == (0.625, 0.625, 0.25, 1.0)
    (none,) = statistics.summaries([data.not_gradable("c", "a")])
    assert (none.submissions, none.scored, none.mean) == (1, 0, None)


def test_losses_are_grouped_by_check_and_counted_by_submission() -> None:
    good, bad = (True, True, True), (True, False, False)
    results = [
        data.scored("ada", "a-deployment", bad, (True, True)),
        data.scored("bob", "a-deployment", bad, (True, True)),
        data.scored("cyd", "a-deployment", good, (False, False)),
        data.not_gradable("dan"),
    ]
    found = [
        (loss.text, loss.count, loss.points, loss.not_tried) for loss in losses.commonest(results)
    ]
    assert found == [
        ("All of its pods are ready", 2, 4, 2),
        ("It has three replicas", 2, 4, 0),
        ("The Service web answers", 1, 3, 0),
        ("It sends to all pods", 1, 2, 1),
    ]


def test_an_example_is_a_reason_that_was_tried_where_there_is_one() -> None:
    results = [
        data.scored("ada", "a-deployment", (True, False, False), (True, True)),
        data.scored("bob", "a-deployment", (True, True, False), (True, True)),
    ]
    examples = {loss.text: loss.example for loss in losses.commonest(results)}
    assert examples["All of its pods are ready"] == data.REASON
    assert NOT_TRIED not in examples.values()


def test_a_cell_without_a_scorecard_is_grouped_by_how_it_failed() -> None:
    def failed(student: str, words: str) -> Result:
        reasons = (
            Reason("total-test", 2, f"The check ended with an error: {words}."),
            Reason("x", 0, "No points."),
        )
        return Result(
            student, "a", 0, 2, Outcome.SCORED, reasons, items=(Item("total-test", 0, 2),)
        )

    results = [
        failed("ada", "NameError: name 'total' is not defined"),
        failed("bob", "NameError: name 'numbers' is not defined"),
        failed("cyd", "AssertionError"),
    ]
    assert [(loss.text, loss.count, loss.points) for loss in losses.commonest(results)] == [
        ("The check ended with an error: NameError", 2, 4),
        ("The check ended with an error: AssertionError", 1, 2),
    ]
