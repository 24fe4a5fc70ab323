"""What a student gets back says what was missing, and shows no hidden test."""

from __future__ import annotations

import html
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell, new_output

from course.checks.failure import CheckFailed
from course.checks.scorecard import MIME, NOT_TRIED
from tests.grader.feedback_page import (
    HIDDEN,
    answer,
    card,
    failing,
    graded,
    line,
    page,
    stream,
    text,
)

FAILED = CheckFailed(
    "Pod web in namespace demo", "it to be ready", "it pending", "no such image", "kubectl get pod"
)


def shows_nothing_hidden(made: str) -> bool:
    return "secret_word_of_the_test" not in html.unescape(made) and "HIDDEN TESTS" not in made


def test_a_hidden_test_is_not_shown_and_what_it_found_is() -> None:
    lost = line("The word is pod", False, reason="Another word was asked for.")
    made = page(answer(), graded(card(line("It is a text", True), lost), stream("✘ …")))
    assert shows_nothing_hidden(made)
    assert MIME not in made
    assert "✔ It is a text 1 of 1" in text(made)
    assert "✘ The word is pod Another word was asked for. 0 of 1" in text(made)


@pytest.mark.parametrize(
    "source",
    [
        f"### BEGIN HIDDEN TESTS\n{HIDDEN}",
        f"{HIDDEN}\n### END HIDDEN TESTS",
        f"### BEGIN HIDDEN TESTS\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\n{HIDDEN}",
        f"### END HIDDEN TESTS\n{HIDDEN}\n### BEGIN HIDDEN TESTS",
        f"### BEGIN HIDDEN TESTS ### END HIDDEN TESTS\n{HIDDEN}",
    ],
)
def test_marks_that_do_not_match_hide_the_whole_test(source: str) -> None:
    made = page(graded(source=source))
    assert shows_nothing_hidden(made)
    assert "The code of this test is not shown." in text(made)


def test_the_marks_in_a_students_answer_are_the_students() -> None:
    theirs = "### BEGIN HIDDEN TESTS\nword = 'mine'\n### BEGIN HIDDEN TESTS"
    made = page(answer(source=theirs), new_markdown_cell("### END HIDDEN TESTS"), graded())
    assert "BEGIN HIDDEN TESTS" in text(made)
    assert "mine" in text(made)
    assert "secret_word_of_the_test" not in made


def test_a_test_that_failed_says_its_words_and_shows_no_line_of_its_code() -> None:
    broken = failing(graded(score=0), "NameError", "name 'word' is not defined", f"---> 3 {HIDDEN}")
    made = page(answer(), broken)
    assert shows_nothing_hidden(made)
    assert "The test could not be finished: NameError: name 'word' is not defined" in text(made)
    visible = failing(
        graded(source="assert word", score=0), "AssertionError", "", "of whom it called"
    )
    assert "of whom it called" not in page(visible)


@pytest.mark.parametrize(
    ("ename", "evalue", "words"),
    [
        ("CheckFailed", "Pod web: expected 3; found 2.", "The test says no: Pod web: expected 3"),
        ("AssertionError", "too short", "The test says no: too short"),
        ("AssertionError", "", "The test says no, and gives no reason; its code is below."),
    ],
)
def test_a_test_that_says_no_is_not_called_broken(ename: str, evalue: str, words: str) -> None:
    said = text(page(failing(graded(source="assert word", score=0), ename, evalue)))
    assert words in said
    assert "could not be finished" not in said


def coloured(code: str) -> str:
    return "".join(f"\x1b[38;5;28m{word}\x1b[39m" for word in code.split(" "))


@pytest.mark.parametrize(
    "form", [str, repr, html.escape, coloured, lambda code: f"  12 {code}\n\n"]
)
def test_an_output_in_which_a_student_printed_the_hidden_test_is_taken_away(form: Any) -> None:
    leaked = new_output("display_data", data={"text/html": form(HIDDEN), "text/plain": "x"})
    outputs = [stream(f"before\n{form(HIDDEN)}"), leaked]
    thrown = failing(answer(*outputs), "Leak", form(HIDDEN), form(HIDDEN))
    made = page(thrown, graded(card(line(form(HIDDEN), False))))
    assert "secret_word_of_the_test" not in text(made).replace(" ", "")
    assert text(made).count("This held the code of hidden tests") >= 4


def test_feedback_without_the_step_that_hides_is_refused() -> None:
    with pytest.raises(RuntimeError, match="hidden tests are still in it"):
        page(graded(), steps=["grader.explain.Explain"])


def test_a_lost_check_says_what_was_expected_and_found_and_how_to_look_closer() -> None:
    lost = line("The Pod is ready", False, reason=str(FAILED), details=FAILED.as_data())
    after = line("It answers", False, reason=NOT_TRIED)
    said = text(page(graded(card(lost, after), score=0)))
    assert "Looked at Pod web in namespace demo Expected it to be ready Found it pending" in said
    assert "Likely cause no such image Look closer kubectl get pod" in said
    assert "– It answers Not tried" in said


def test_the_top_has_the_score_and_leads_to_what_was_lost() -> None:
    heading = new_markdown_cell("## 3. A `word`\nFind it.", metadata={"nbgrader": {"locked": True}})
    made = page(heading, answer(), graded(card(line("Right", True), line("Wrong", False))))
    top = BeautifulSoup(made, "html.parser").find(id="top")
    assert "1 of 2 points" in " ".join(top.get_text(" ").split())
    assert "Wrong (−1)" in top.get_text()
    assert "Right" not in top.get_text()
    link = top.find("a")
    assert link.get_text() == "3. A word"
    assert "Wrong" in BeautifulSoup(made, "html.parser").find(id=link["href"][1:]).get_text()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("scored", "ran from its first cell to its last"),
        ("crashed", "it stopped on the way. The kernel died."),
        ("timed out", "took too long: something in it was stopped. The kernel died."),
    ],
)
def test_the_outcome_is_said_in_words(outcome: str, words: str) -> None:
    reason = "" if outcome == "scored" else "The kernel died."
    assert words in text(page(graded(score=0), outcome=outcome, reason=reason))


def test_an_answer_that_failed_is_named_beside_the_test_it_cost() -> None:
    broken = failing(answer(), "RuntimeError", "stop here", "RuntimeError: stop here")
    made = page(broken, graded(score=0))
    test = BeautifulSoup(made, "html.parser").find(class_="test")
    words = " ".join(test.get_text(" ").split())
    assert "Before this test, your answer cell word failed: RuntimeError: stop here" in words
    assert test.find("a")["href"] == "#cell-1"


def test_an_earlier_failure_is_pointed_at_where_nothing_nearer_failed() -> None:
    broken = failing(answer(), "RuntimeError", "stop here")
    later = failing(graded(score=0), "NameError", "name 'word' is not defined")
    later.metadata.nbgrader.grade_id = "later-test"
    said = text(page(broken, graded(score=2), later))
    assert "This may come from further up: your answer cell word failed" in said


def test_points_that_a_person_set_and_their_comment_are_shown() -> None:
    made = page(answer(comment="Well **tried**"), graded(card(line("A", True)), score=2))
    assert "A person has set the points of this test." in text(made)
    assert "Comment: Well tried" in text(made)


def test_an_answer_that_was_left_out_is_called_that() -> None:
    assert "There is no answer of yours here." in text(page(answer(comment="No response.")))
