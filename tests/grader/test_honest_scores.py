"""Scores are honest: what did not run earns nothing, and what ran well costs nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader import Outcome, Result, grade_folder
from grader.config import nbgraders_needs
from grader.engine import Limits
from tests.grader import plain

LIMITS = Limits(cell=4, submission=60)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with its gradebook: making one takes nbgrader some seconds."""
    folder = tmp_path_factory.mktemp("prepared")
    plain.write_source(folder)
    with nbgraders_needs(), Gradebook(f"sqlite:///{folder / 'gradebook.db'}"):
        return folder


@pytest.fixture
def folder(tmp_path: Path, prepared: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "course"))


def grade(folder: Path, notebook: object, limits: Limits = LIMITS) -> Result:
    plain.hand_in(folder, "ada", notebook)
    (result,) = grade_folder(folder, limits=limits)
    recorded(folder, result)
    return result


def recorded(folder: Path, result: Result) -> None:
    """The gradebook says the same as the result."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        submission = book.find_submission(plain.ASSIGNMENT, result.student)
        assert submission.score == result.score
        assert submission.max_score == result.max_score == 6


def texts(result: Result) -> str:
    return "\n".join(f"{reason.cell}: {reason.text}" for reason in result.reasons)


def test_right_answers_score_in_full(folder: Path) -> None:
    result = grade(folder, plain.submission(plain.GOOD))
    assert (result.score, result.outcome, result.reasons) == (6, Outcome.SCORED, ())


def test_a_submission_without_answers_scores_nothing(folder: Path) -> None:
    result = grade(folder, plain.submission({}))
    assert (result.score, result.outcome) == (0, Outcome.SCORED)
    assert "no answer yet" in texts(result)


def test_a_first_cell_that_raises_costs_only_what_depends_on_it(folder: Path) -> None:
    answers = {**plain.GOOD, "numbers": "raise RuntimeError('stop here')"}
    result = grade(folder, plain.submission(answers))
    assert (result.score, result.outcome) == (3, Outcome.SCORED)
    assert "numbers-test: The answer cell numbers failed: RuntimeError: stop here" in texts(result)


def test_partial_credit_goes_by_check_and_comes_with_its_reason(folder: Path) -> None:
    result = grade(folder, plain.submission({**plain.GOOD, "word": "word = 'dop'"}))
    assert result.score == 4
    assert "The word is pod: not so. Another word was asked for." in texts(result)


def test_a_dead_kernel_leaves_zeros_and_a_reason(folder: Path) -> None:
    result = grade(folder, plain.submission({**plain.GOOD, "total": "import os; os._exit(1)"}))
    assert (result.score, result.outcome) == (1, Outcome.CRASHED)
    assert "the kernel died in cell total" in texts(result)
    assert result.notebook is not None and result.notebook.exists()


def test_a_loop_is_interrupted_and_the_rest_still_counts(folder: Path) -> None:
    loop = "while True:\n    pass"
    result = grade(folder, plain.submission({**plain.GOOD, "total": loop}))
    assert (result.score, result.outcome) == (4, Outcome.TIMED_OUT)
    assert "Cell total: it did not end within 4 s" in texts(result)


def test_a_loop_that_cannot_be_interrupted_ends_the_run_with_zeros(folder: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    result = grade(folder, plain.submission({**plain.GOOD, "total": stubborn}))
    assert (result.score, result.outcome) == (1, Outcome.TIMED_OUT)
    assert "did not run: cell total did not end in time, and could not be stopped" in texts(result)


def test_the_time_of_the_whole_submission_is_bounded(folder: Path) -> None:
    slow = "import threading; threading.Event().wait(3); total = sum(numbers)"
    answers = {**plain.GOOD, "total": slow}
    result = grade(folder, plain.submission(answers), Limits(cell=10, submission=2))
    assert (result.score, result.outcome) == (1, Outcome.TIMED_OUT)
    assert result.seconds < 30


def test_an_edited_test_cell_is_put_back(folder: Path) -> None:
    edited = {"numbers": "numbers = []", "numbers-test": "pass", "word-test": "3"}
    result = grade(folder, plain.submission({**plain.GOOD, **edited}))
    assert result.score == 5


def test_deleted_cells_are_put_back(folder: Path) -> None:
    notebook = plain.submission(plain.GOOD, without=("total", "total-test", "word-test"))
    result = grade(folder, notebook)
    assert result.score == 4


def test_moved_and_doubled_cells_do_not_matter(folder: Path) -> None:
    notebook = plain.submission(plain.GOOD)
    notebook.cells = [notebook.cells[1], *notebook.cells[::-1]]
    assert grade(folder, notebook).score == 6


def test_a_warning_in_a_test_cell_costs_nothing(folder: Path) -> None:
    noisy = (
        "import sys\n"
        "class Noisy(list):\n"
        "    def __len__(self):\n"
        "        print('hm', file=sys.stderr)\n"
        "        return 3\n"
        "numbers = Noisy([1, 2, 3])"
    )
    assert grade(folder, plain.submission({**plain.GOOD, "numbers": noisy})).score == 6


def test_the_kernel_does_not_start_in_the_course_folder(folder: Path) -> None:
    peek = "import pathlib\nassert not pathlib.Path('../../../gradebook.db').exists()\nword = 'pod'"
    assert grade(folder, plain.submission({**plain.GOOD, "word": peek})).score == 6


@pytest.mark.parametrize("text", ["", "{", '{"cells": 3}', "[]", "\x00\x01"])
def test_a_file_that_is_no_notebook_scores_nothing_and_says_why(folder: Path, text: str) -> None:
    result = grade(folder, text)
    assert (result.score, result.outcome) == (0, Outcome.CRASHED)
    assert "work.ipynb is not a notebook" in texts(result)


def test_no_kernel_is_our_fault_and_records_no_score(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nowhere:
        def env(self) -> dict[str, str]:
            return {}

        def shell_argv(self, argv: list[str], name: str = "shell") -> list[str]:
            return ["/nonexistent/launcher", *argv]

    plain.hand_in(folder, "ada", plain.submission(plain.GOOD))
    monkeypatch.setattr("grader.surroundings._objects", set)
    (result,) = grade_folder(folder, cluster=Nowhere(), limits=LIMITS)
    assert (result.score, result.outcome) == (None, Outcome.NOT_GRADABLE)
    assert "kernel could not be started" in texts(result)


def test_grading_again_gives_the_same(folder: Path) -> None:
    notebook = plain.submission({**plain.GOOD, "word": "word = 'dop'"})
    first, second = grade(folder, notebook), grade(folder, notebook)
    assert (first.score, first.reasons) == (second.score, second.reasons)


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    from course.errors import GradeError

    with pytest.raises(GradeError, match="There are no submissions"):
        grade_folder(tmp_path)


def test_an_unknown_assignment_is_said(tmp_path: Path) -> None:
    from course.errors import GradeError

    plain.hand_in(tmp_path, "ada", plain.submission(plain.GOOD))
    with pytest.raises(GradeError, match="plain is no lesson"):
        grade_folder(tmp_path)
