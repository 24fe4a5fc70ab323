"""Help that students took: read from whatever they handed in, noted, and never a matter of points."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from course.checks import hints as ladder
from grader import folder as grading
from grader import grade_folder, hints
from grader.outcomes import opened
from tests.grader import plain


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain assignment is a lesson with two ladders."""
    monkeypatch.setattr(hints, "LESSONS", (plain.ASSIGNMENT,))
    steps = {"numbers": ("a", "b", "c"), "total": ("a", "b", "c")}
    monkeypatch.setattr(ladder, "ladders", lambda _lesson: steps)


def used(folder: Path, said: Any) -> dict[str, int]:
    (folder / "hints.json").write_bytes(
        said if isinstance(said, bytes) else json.dumps(said).encode()
    )
    return hints.used(folder, plain.ASSIGNMENT).hints


@pytest.mark.usefixtures("known")
def test_solutions_are_read_beside_the_hints(tmp_path: Path) -> None:
    said = {"total": {"hints": 3, "solution": True}, "numbers": {"hints": 1}}
    (tmp_path / "hints.json").write_text(json.dumps(said))
    found = hints.used(tmp_path, plain.ASSIGNMENT)
    assert found == hints.Help({"numbers": 1, "total": 3}, ("total",))
    for strange in (1, "yes", None, [True]):
        (tmp_path / "hints.json").write_text(json.dumps({"total": {"solution": strange}}))
        assert hints.used(tmp_path, plain.ASSIGNMENT) == hints.Help()


@pytest.mark.usefixtures("known")
def test_steps_are_read_in_the_exercises_order(tmp_path: Path) -> None:
    found = used(tmp_path, {"total": 3, "numbers": 1})
    assert list(found.items()) == [("numbers", 1), ("total", 3)]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "said",
    [
        {"word": 1},
        {"total": 0},
        {"total": 4},
        {"total": True},
        {"total": 1.0},
        {"total": "1"},
        {"total": [1]},
        {"total": {"hints": 4}},
        {"total": {"hints": True, "held": 2}},
        ["total"],
        "total",
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b'{"total": ' + b"[" * 50_000,
        b'{"total": ' + b"9" * 5000 + b"}",
        b'{"total": NaN}',
        b'{"total": 1}' + b" " * (1 << 20),
    ],
)
def test_what_no_hint_cell_wrote_counts_for_nothing(tmp_path: Path, said: Any) -> None:
    assert used(tmp_path, said) == {}


@pytest.mark.usefixtures("known")
def test_of_a_file_in_which_some_is_wrong_the_rest_counts(tmp_path: Path) -> None:
    assert used(tmp_path, {"total": 2, "numbers": 17, "<script>": 1}) == {"total": 2}


@pytest.mark.usefixtures("known")
def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "hints.json"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text('{"total": 1}')
    path.symlink_to(elsewhere)
    assert hints.used(tmp_path, plain.ASSIGNMENT) == hints.Help()
    path.unlink()
    os.mkfifo(path)
    assert hints.used(tmp_path, plain.ASSIGNMENT) == hints.Help()
    path.unlink()
    path.mkdir()
    assert hints.used(tmp_path, plain.ASSIGNMENT) == hints.Help()
    path.rmdir()
    assert hints.used(tmp_path, plain.ASSIGNMENT) == hints.Help()


def test_an_assignment_of_the_teachers_own_has_none(tmp_path: Path) -> None:
    assert used(tmp_path, {"total": 2}) == {}


def noted(folder: Path) -> hints.Help:
    with opened(f"sqlite:///{folder / 'gradebook.db'}") as outcomes:
        return outcomes.help(plain.ASSIGNMENT, "ada")


@pytest.mark.usefixtures("known", "walls")
def test_they_are_reported_cost_nothing_and_grade_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.write_source(tmp_path)
    plain.hand_in(tmp_path, "ada", plain.submission(plain.GOOD))
    taken = tmp_path / "submitted" / "ada" / plain.ASSIGNMENT / "hints.json"
    taken.write_text('{"total": 3}')
    (first,) = grade_folder(tmp_path, cluster="")
    assert (first.score, first.hints) == (6, {"total": 3})
    assert noted(tmp_path) == hints.Help({"total": 3})
    taken.write_text('{"total": {"hints": 3, "solution": true}, "numbers": 2}')
    monkeypatch.setattr(grading, "Pool", Unused)
    (second,) = grade_folder(tmp_path, cluster="")
    assert (second.score, second.hints) == (6, {"numbers": 2, "total": 3})
    assert second.solutions == ("total",)
    assert noted(tmp_path) == hints.Help({"numbers": 2, "total": 3}, ("total",))
    taken.unlink()
    (third,) = grade_folder(tmp_path, cluster="")
    assert third.hints == {}
    assert noted(tmp_path) == hints.Help()


class Unused:
    """A pool that is made, and never asked to execute."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing is started."""
