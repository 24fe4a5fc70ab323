"""The same for who reads Chinese: `lab start --lang zh`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.jupyterlab import Lab

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]
WRONG = "%kubectl run {pod_name} --image=nginx:1.22 --labels tier=back --namespace {namespace}"
RIGHT = "%kubectl label pod {pod_name} tier={tier} --overwrite --namespace {namespace}"


@pytest.fixture(scope="module")
def jupyterlab(start: Callable[[str], Lab]) -> Lab:
    """JupyterLab on the Chinese lessons."""
    return start("zh")


def test_jupyterlab_and_the_start_page_are_chinese(jupyterlab: Lab) -> None:
    expect(jupyterlab.page.locator("#jp-MainMenu")).to_contain_text("文件")
    page = jupyterlab.notebook("start.ipynb")
    (cell,) = (one["id"] for one in page.cells())
    page.run_cell(cell)
    page.shows(cell, "集群")
    jupyterlab.shot("start-page-run")


def test_chinese_characters_are_drawn(jupyterlab: Lab) -> None:
    if why := pictures.no_chinese_font():
        pytest.skip(why)
    middle, country, none = pictures.drawings(jupyterlab.page, "中国\U0010fffe")
    assert len({middle, country, none}) == 3, (
        "the characters are drawn as the box of one that has no glyph"
    )


def test_a_wrong_answer_is_told_why_and_a_right_one_holds(jupyterlab: Lab) -> None:
    exercise = jupyterlab.open("pods/exercise.ipynb")
    jupyterlab.shot("exercise-opened")
    for cell in ("parameters", "imports", "begin"):
        exercise.run_cell(cell)
    exercise.write("hello", WRONG)
    exercise.run_cell("hello")
    exercise.run_cell("hello-test")
    exercise.shows("hello-test", "✘ Pod 带有这个标签")
    jupyterlab.shot("exercise-wrong")
    exercise.write("hello", RIGHT)
    exercise.run_cell("hello")
    exercise.run_cell("hello-test")
    expect(exercise.shows("hello-test", "✔ Pod 带有这个标签")).not_to_contain_text("✘")
    jupyterlab.shot("exercise-right")


def test_the_lesson_begins_as_the_english_one(jupyterlab: Lab) -> None:
    lesson = jupyterlab.open("pods/lesson.ipynb")
    jupyterlab.shot("lesson-opened")
    for cell in ("pods-load", "pods-run", "pods-wait", "pods-get-again"):
        lesson.run_cell(cell)
    lesson.shows("pods-get-again", "Running")
    jupyterlab.shot("lesson-first-pod")
