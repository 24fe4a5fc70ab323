"""The exercise of lesson 1, from the first wrong answer to the score that the teacher sees."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import chromium as chromiums
from tests.browser import pictures
from tests.browser.formgrader import formgrader
from tests.browser.jupyterlab import Lab, Notebook
from tests.browser.served import Machine
from tests.conftest import Lab as Command
from tests.grader.commands import Person
from tests.telling import Tell

pytestmark = [
    pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.usefixtures("walls"),
]  # fmt: skip
EXERCISE = "pods/exercise.ipynb"
WRONG = "%kubectl run {pod_name} --image=nginx:1.22 --labels tier=back --namespace {namespace}"
RIGHT = WRONG.replace("tier=back", "tier={tier}")


@dataclass(frozen=True)
class Class:
    """A teacher who has released the exercise, and the exchange that the student's machine knows too."""

    teacher: Person
    exchange: Path


@pytest.fixture(scope="module")
def classroom(student: Machine, lab: Command, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """What a teacher does before the first lesson, as grader/TEACHING.md has it."""
    root = tmp_path_factory.mktemp("class")
    course, exchange = root / "course", root / "exchange"
    exchange.mkdir(mode=0o777)
    said = lab("release", str(course), "pods", timeout=300)
    assert said.returncode == 0, said.stderr
    line = f"c.Exchange.root = {str(exchange)!r}\n"
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(line)
    (student.home / ".jupyter" / "nbgrader_config.py").write_text(f"c = get_config()\n{line}")
    teacher = Person(course)
    teacher.nbgrader("release_assignment", "pods")
    return Class(teacher, exchange)


@pytest.fixture(scope="module")
def exercise(classroom: Class, jupyterlab: Lab) -> Notebook:
    """The exercise, open in JupyterLab, with its namespace made."""
    opened = jupyterlab.open(EXERCISE)
    for cell in ("parameters", "imports", "begin"):
        opened.run_cell(cell)
    return opened


def test_a_wrong_answer_is_told_why(exercise: Notebook) -> None:
    exercise.write("hello", WRONG)
    exercise.run_cell("hello")
    exercise.run_cell("hello-test")
    output = exercise.shows("hello-test", "✘ The Pod carries the label")
    expect(output).to_contain_text("tier")
    expect(output).to_contain_text("back")
    exercise.lab.shot("exercise-wrong")


def test_the_buttons_below_the_task_help(exercise: Notebook) -> None:
    exercise.run_cell("hello-hint")
    exercise.finds("hello-hint", "button:has-text('Hint (1 of 3)')").click()
    exercise.finds("hello-hint", "button:has-text('Hint (2 of 3)')")
    exercise.lab.shot("hint")
    exercise.finds("hello-hint", "button:has-text('Check')").click()
    exercise.shows("hello-hint", "✘ The Pod carries the label")
    exercise.lab.shot("check")
    exercise.finds("hello-hint", "button:has-text('Solution')").click()
    exercise.shows("hello-hint", "Press again to see it")
    exercise.lab.shot("solution")


def test_the_right_answer_holds(exercise: Notebook) -> None:
    exercise.run_cell("begin")  # the namespace is empty again: a Pod's name can be given once
    exercise.write("hello", RIGHT)
    exercise.run_cell("hello")
    exercise.run_cell("hello-test")
    output = exercise.shows("hello-test", "✔ The Pod carries the label")
    expect(output).not_to_contain_text("✘")
    exercise.lab.shot("exercise-right")


def test_what_is_submitted_is_graded_and_the_teacher_sees_the_score(
    exercise: Notebook, classroom: Class, lab: Command, browser: Any, tell: Tell
) -> None:
    exercise.save()
    submit(exercise.lab)
    teacher = classroom.teacher
    teacher.nbgrader("collect", "pods")
    began = time.monotonic()
    said = lab("grade", str(teacher.home), timeout=300)
    assert said.returncode == 0, said.stderr
    tell(f"one submission was graded in {time.monotonic() - began:.1f} s")
    with formgrader(teacher) as address:
        page = chromiums.window(browser)
        page.goto(f"{address}/gradebook")
        page.get_by_role("link", name="pods").click()
        page.get_by_role("link", name="exercise").click()
        page.get_by_role("link", name="Submission #1").wait_for()
        expect(page.locator("tbody tr")).to_contain_text("2 / 23")
        pictures.shot(page, "en-formgrader-scores")
        page.get_by_role("link", name="Submission #1").click()
        page.wait_for_function("formgrader.loaded && formgrader.grades.loaded")
        expect(page.locator("#hello-test")).to_have_attribute("placeholder", "2")
        page.locator("#hello-test").scroll_into_view_if_needed()
        pictures.shot(page, "en-formgrader-submission")


def submit(lab: Lab) -> None:
    """Hands in by the buttons of nbgrader's Assignment List."""
    lab.menu("Nbgrader", "Assignment List")
    lab.page.get_by_role("button", name="Submit", exact=True).click()
    lab.page.locator("#submitted_assignments_list .list_item", has_text="pods").wait_for()
    lab.shot("assignment-list")
