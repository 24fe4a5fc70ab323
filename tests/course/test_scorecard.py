"""Partial credit by check."""

from __future__ import annotations

import pytest

from course.checks import CheckFailed, Scorecard
from course.checks.scorecard import MIME
from course.errors import ContentError


def refuse() -> None:
    raise CheckFailed("Pod web", "ready", "not ready", "the image", "kubectl describe pod web")


def test_points_go_by_check_and_reasons_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    card = Scorecard(points=3)
    assert card.check(2, "Two", lambda: None)
    assert not card.check(1, "One", refuse)
    bundle = card._repr_mimebundle_()
    assert bundle["text/plain"] == "2"
    said = capsys.readouterr().out
    assert "✔ Two  (2 of 2)" in said
    assert "✘ One  (0 of 1)" in said
    for words in (
        "expected ready; found not ready",
        "Likely cause: the image",
        "Look closer: kubectl",
    ):
        assert words in said
    lines = bundle[MIME]["lines"]
    assert [line["earned"] for line in lines] == [2, 0]
    assert lines[1]["details"]["cause"] == "the image"


def test_while_hidden_checks_wait_all_visible_ones_make_the_cell_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    card = Scorecard(points=3)
    card.check(1, "One", lambda: None)
    assert card._repr_mimebundle_()["text/plain"] == "3"
    assert "2 of the 3 points are for checks that run when you hand in" in capsys.readouterr().out


def test_a_visible_check_without_points_still_counts() -> None:
    card = Scorecard(points=3)
    card.check(0, "There is an answer", refuse)
    assert card.score() == 0


def test_nbgraders_validate_gets_the_reasons_where_it_looks_for_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    card = Scorecard(points=2)
    card.check(1, "One", refuse)
    card.check(1, "Two", lambda: None)
    out, err = capsys.readouterr()
    assert "Likely cause: the image" in err
    assert out == "✔ Two  (1 of 1)\n"


def test_grading_refuses_a_card_that_does_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    card = Scorecard(points=3)
    card.check(1, "One", lambda: None)
    with pytest.raises(ContentError, match="make 1 of its 3 points"):
        card.score()


def test_too_many_points_are_refused() -> None:
    card = Scorecard(points=1)
    card.check(2, "Two", lambda: None)
    with pytest.raises(ContentError, match="make 2 points, the cell has 1"):
        card.score()


def test_a_check_that_builds_on_a_failed_one_is_not_tried() -> None:
    card = Scorecard(points=2)
    first = card.check(1, "One", refuse)
    assert not card.check(1, "Two", lambda: pytest.fail("was tried"), after=first)


def test_what_is_no_wrong_answer_goes_on() -> None:
    with pytest.raises(ZeroDivisionError):
        Scorecard(points=1).check(1, "One", lambda: 1 / 0)
