"""Scores are honest: what did not run earns nothing, and what ran well costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from course.errors import GradeError
from grader import Outcome, Result, grade_folder
from grader.limits import Limits
from tests.grader import plain

pytestmark = pytest.mark.usefixtures("walls")

LIMITS = Limits(cell=10, submission=90)  # enough for an honest cell on a machine that stalls
BROKEN = {"nothing": "", "half": "{", "number": '{"cells": 3}', "list": "[]", "bytes": "\x00\x01"}


def notebooks() -> dict[str, NotebookNode | str]:
    """What the class hands in, by student."""
    good = plain.GOOD
    moved = plain.submission(good)
    moved.cells = [moved.cells[1], *moved.cells[::-1]]
    edited = {"numbers": "numbers = []", "numbers-test": "pass", "word-test": "3"}
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    peek = "import pathlib\nassert not pathlib.Path('../../../gradebook.db').exists()\nword = 'pod'"
    noisy = "import sys\nprint('hm', file=sys.stderr)\nnumbers = [1, 2, 3]"
    return {
        "right": plain.submission(good),
        "empty": plain.submission({}),
        "raises": plain.submission({**good, "numbers": "raise RuntimeError('stop here')"}),
        "partial": plain.submission({**good, "word": "word = 'dop'"}),
        "dies": plain.submission({**good, "total": "import os; os._exit(1)"}),
        "loops": plain.submission({**good, "total": "while True:\n    pass"}),
        "stubborn": plain.submission({**good, "total": stubborn}),
        "edited": plain.submission({**good, **edited}),
        "deleted": plain.submission(good, without=("total", "total-test", "word-test")),
        "moved": moved,
        "noisy": plain.submission({**good, "numbers": noisy}),
        "peeks": plain.submission({**good, "word": peek}),
        **BROKEN,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with the class's work."""
    made = tmp_path_factory.mktemp("course")
    plain.write_source(made)
    for student, notebook in notebooks().items():
        plain.hand_in(made, student, notebook)
    return made


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    """All of it, graded."""
    graded = grade_folder(folder, jobs=2, cluster="", limits=LIMITS)
    return {result.student: result for result in graded}


def texts(result: Result) -> str:
    return "\n".join(f"{reason.cell}: {reason.text}" for reason in result.reasons)


def test_the_gradebook_says_the_same_as_the_results(
    folder: Path, results: dict[str, Result]
) -> None:
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for student, result in results.items():
            submission = book.find_submission(plain.ASSIGNMENT, student)
            assert submission.score == result.score, student
            assert submission.max_score == result.max_score == 6


def test_right_answers_score_in_full(results: dict[str, Result]) -> None:
    result = results["right"]
    assert (result.score, result.outcome, result.reasons) == (6, Outcome.SCORED, ())


def test_a_submission_without_answers_scores_nothing(results: dict[str, Result]) -> None:
    result = results["empty"]
    assert (result.score, result.outcome) == (0, Outcome.SCORED)
    assert "Variable word: expected your answer; found no answer yet" in texts(result)


def test_a_first_cell_that_raises_costs_only_what_depends_on_it(results: dict[str, Result]) -> None:
    result = results["raises"]
    assert (result.score, result.outcome) == (3, Outcome.SCORED)
    assert "The answer cell numbers failed: RuntimeError: stop here" in texts(result)


def test_partial_credit_goes_by_check_and_comes_with_its_reason(results: dict[str, Result]) -> None:
    result = results["partial"]
    assert (result.score, result.outcome) == (4, Outcome.SCORED)
    assert "The word is pod: not so. Another word was asked for." in texts(result)


def test_a_dead_kernel_costs_what_comes_after_it(results: dict[str, Result]) -> None:
    result = results["dies"]
    assert (result.score, result.outcome) == (1, Outcome.CRASHED)
    assert "Cell total: the kernel died" in texts(result)


def test_a_loop_is_interrupted_and_the_rest_still_counts(results: dict[str, Result]) -> None:
    result = results["loops"]
    assert (result.score, result.outcome) == (4, Outcome.TIMED_OUT)
    assert "Cell total: it did not end within 10 s" in texts(result)


def test_a_loop_that_cannot_be_interrupted_costs_the_kernel_its_life(
    results: dict[str, Result],
) -> None:
    result = results["stubborn"]
    assert (result.score, result.outcome) == (1, Outcome.TIMED_OUT)
    assert "a kernel that ended or does not answer" in texts(result)


@pytest.mark.parametrize(("student", "score"), [("edited", 5), ("deleted", 4), ("moved", 6)])
def test_edited_deleted_moved_and_doubled_cells_are_as_released(
    student: str, score: float, results: dict[str, Result]
) -> None:
    assert results[student].score == score, texts(results[student])


def test_a_warning_costs_nothing(results: dict[str, Result]) -> None:
    assert results["noisy"].score == 6


def test_the_kernel_does_not_see_the_course_folder(results: dict[str, Result]) -> None:
    assert results["peeks"].score == 6


@pytest.mark.parametrize("student", BROKEN)
def test_a_file_that_is_no_notebook_scores_nothing_and_says_why(
    student: str, results: dict[str, Result]
) -> None:
    result = results[student]
    assert (result.score, result.outcome) == (0, Outcome.CRASHED)
    assert "work.ipynb is not a notebook" in texts(result)


def test_grading_again_gives_the_same(folder: Path, results: dict[str, Result]) -> None:
    def told(some: list[Result]) -> list[object]:
        return [(r.student, r.score, r.outcome, texts(r), r.items) for r in some]

    again = grade_folder(folder, jobs=2, cluster="", limits=LIMITS, again=True)
    assert told(again) == told(list(results.values()))


def test_the_time_of_the_whole_submission_is_bounded(tmp_path: Path) -> None:
    plain.write_source(tmp_path)
    slow = "import threading; threading.Event().wait(20); total = sum(numbers)"
    plain.hand_in(tmp_path, "ada", plain.submission({**plain.GOOD, "total": slow}))
    (result,) = grade_folder(tmp_path, cluster="", limits=Limits(cell=30, submission=10))
    assert (result.score, result.outcome) == (1, Outcome.TIMED_OUT)
    assert result.seconds < 30


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    with pytest.raises(GradeError, match="There are no submissions"):
        grade_folder(tmp_path)


def test_an_unknown_assignment_is_said(tmp_path: Path) -> None:
    plain.hand_in(tmp_path, "ada", plain.submission(plain.GOOD))
    with pytest.raises(GradeError, match="plain is no lesson"):
        grade_folder(tmp_path)
