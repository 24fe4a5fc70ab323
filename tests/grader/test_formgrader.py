"""formgrader's pages in a real browser: what we recorded is there to be read, changed and graded again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook

from tests.browser.chromium import window
from tests.browser.formgrader import formgrader
from tests.grader import plain
from tests.grader.commands import Person, person

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("chromium", "walls")]

HALF = {**plain.GOOD, "word": "word = 'dop'"}
# What a student may try on the teacher who opens the page: each would set a variable of the page's.
ATTACK = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>"
SHOWN = f"""\
word = 'dop'
from IPython.display import HTML, Javascript, display
display(HTML({ATTACK!r}), Javascript('window.hit = 1'))
display({{'image/png': 'eA=='}}, raw=True, metadata={{'image/png': {{'width': '1 onerror=window.hit=1'}}}})"""
GRADING = 120_000  # milliseconds for nbgrader to grade one submission, while a person would wait


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """A course folder: ada and mallory are graded, bob has just handed in."""
    root = tmp_path_factory.mktemp("formgrader")
    one = person(root / "course", root / "exchange")
    plain.write_source(one.home)
    one.nbgrader("generate_assignment", plain.ASSIGNMENT)
    plain.hand_in(one.home, "ada", plain.submission(HALF))
    hostile = plain.submission({**HALF, "word": SHOWN})
    hostile.cells.append(new_markdown_cell(ATTACK))
    plain.hand_in(one.home, "mallory", hostile)
    one.nbgrader("autograde", plain.ASSIGNMENT)
    plain.hand_in(one.home, "bob", plain.submission(plain.GOOD))
    return one


@pytest.fixture(scope="module")
def address(teacher: Person) -> Iterator[str]:
    """formgrader's address."""
    with formgrader(teacher) as served:
        yield served


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that reaches the server alone, and may ask for nothing else."""
    asked: list[str] = []
    here = address.removesuffix("/formgrader")
    made = window(browser)
    made.on("request", lambda request: asked.append(request.url))
    yield made
    made.context.close()
    assert [url for url in asked if not url.startswith((here, "data:"))] == []


def book(teacher: Person) -> Gradebook:
    return Gradebook(f"sqlite:///{teacher.home / 'gradebook.db'}")


def submission_page(page: Any, address: str, teacher: Person, student: str) -> None:
    """Open a student's submission, by the link that formgrader's list leads to."""
    with book(teacher) as gradebook:
        one = gradebook.find_submission_notebook("work", plain.ASSIGNMENT, student).id
    page.goto(f"{address}/submissions/{one}/")
    page.wait_for_function(
        "formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded"
    )


def test_the_list_of_assignments_leads_to_the_scores(page: Any, address: str) -> None:
    page.goto(address)
    row = page.locator("tr", has_text="plain")
    row.locator(".num-submissions a").wait_for()
    assert row.locator(".num-submissions").inner_text() == "3"
    page.goto(f"{address}/gradebook")
    page.get_by_role("link", name="plain").click()
    page.get_by_role("link", name="work").click()
    page.get_by_role("link", name="Submission #1").wait_for()
    rows = page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2, rows
    assert all("4 / 6" in re.sub(r"\s+", " ", one) for one in rows), rows


def test_a_submission_shows_its_scores_and_reasons(
    page: Any, address: str, teacher: Person
) -> None:
    submission_page(page, address, teacher, "ada")
    scores = {name: page.locator(f"#{name}-test") for name in ("numbers", "total", "word")}
    shown = {name: float(box.get_attribute("placeholder")) for name, box in scores.items()}
    assert shown == {"numbers": 1, "total": 2, "word": 1}
    assert "Another word was asked for." in page.locator("#notebook").first.inner_text()


def test_a_score_and_a_comment_of_the_teachers_are_saved(
    page: Any, address: str, teacher: Person
) -> None:
    submission_page(page, address, teacher, "ada")
    with page.expect_response("**/formgrader/api/grade/*") as saved:
        page.locator("#word-test").fill("2.5")
        page.locator("#word-test").press("Tab")
    assert saved.value.ok
    with page.expect_response("**/formgrader/api/comment/*") as saved:
        page.locator("#word-comment").fill("Nearly!")
        page.locator("#word-comment").press("Tab")
    assert saved.value.ok
    with book(teacher) as gradebook:
        where = ("work", plain.ASSIGNMENT, "ada")
        grade = gradebook.find_grade("word-test", *where)
        assert (grade.auto_score, grade.manual_score, grade.score) == (1, 2.5, 2.5)
        assert gradebook.find_comment("word", *where).comment == "Nearly!"
        assert gradebook.find_submission(plain.ASSIGNMENT, "ada").score == 5.5


def test_what_a_student_put_into_a_page_does_not_act_on_the_teacher(
    page: Any, address: str, teacher: Person
) -> None:
    submission_page(page, address, teacher, "mallory")
    page.wait_for_load_state("load")
    assert "window.hit = 1" in page.locator("#notebook").first.inner_text()
    assert page.evaluate("window.hit") is None


def test_the_buttons_autograde_and_make_feedback(page: Any, address: str, teacher: Person) -> None:
    page.goto(f"{address}/manage_submissions/{plain.ASSIGNMENT}")
    row = page.locator("tr", has_text="bob")
    row.locator(".autograde a").click()
    page.get_by_text("Successfully autograded").wait_for(timeout=GRADING)
    page.locator(".modal.in .close").first.click()
    with book(teacher) as gradebook:
        assert gradebook.find_submission(plain.ASSIGNMENT, "bob").score == 6
    page.locator(".modal.in").wait_for(state="detached")
    row.locator(".generate-feedback a").click()
    page.get_by_text("Successfully generated").wait_for(timeout=GRADING)
    made = (teacher.home / "feedback/bob/plain/work.html").read_text()
    assert "Nothing is missing" in made
    assert "HIDDEN TESTS" not in made


def test_a_students_page_of_feedback_needs_no_network_and_runs_nothing(
    browser: Any, teacher: Person
) -> None:
    teacher.nbgrader("generate_feedback", plain.ASSIGNMENT, "--student", "mallory", "--force")
    asked: list[str] = []
    made = window(browser)
    made.on("request", lambda request: asked.append(request.url))
    made.goto((teacher.home / "feedback/mallory/plain/work.html").as_uri())
    assert made.evaluate("window.hit") is None
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    made.get_by_role("link", name="word-test").click()
    assert made.get_by_text("Another word was asked for.").is_visible()
    made.context.close()
