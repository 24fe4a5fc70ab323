"""A submission is graded, and gets its feedback, in the language of its notebook."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_notebook
from nbgrader.utils import compute_checksum

from course import build
from course.checks.scorecard import NOT_TRIED
from course.language import LANGUAGES, translator
from grader import language
from grader.limits import of_bytes
from grader.retell import retold
from grader.translate import Translate
from tests.grader.feedback_page import answer, card, failing, graded, line, page, text

ENGLISH, CHINESE = "The Pod carries the label", "Pod 带有这个标签"


def translated(notebook: Any) -> Any:
    named = {"nbgrader": {"assignment": "pods", "student": "s", "notebook": "exercise"}}
    return Translate().preprocess(notebook, named)[0]


def source_of(notebook: Any, name: str) -> str:
    return next(cell.source for cell in notebook.cells if cell.id == name)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("source", LANGUAGES)
def test_the_teachers_cells_come_in_the_submissions_language(source: str, lang: str) -> None:
    notebook = build.read(build.exercise("pods"), source)
    notebook.metadata["kubelab"]["language"] = lang
    made = translated(notebook)
    wanted = build.read(build.exercise("pods"), lang)
    assert [cell.source for cell in made.cells] == [cell.source for cell in wanted.cells]
    changed = next(cell for cell in made.cells if cell.id == "hello-test")
    if source != lang:
        assert changed.metadata.nbgrader.checksum == compute_checksum(changed)


def test_what_a_teacher_has_changed_stays_and_so_do_answers() -> None:
    notebook = build.read(build.exercise("pods"), "en")
    notebook.metadata["kubelab"]["language"] = "zh"
    for cell in notebook.cells:
        if cell.id in ("hello-test", "hello"):
            cell.source += "\n# changed"
    made = translated(notebook)
    assert ENGLISH in source_of(made, "hello-test")
    assert source_of(made, "hello").endswith("# changed")
    assert 'checks.speak("zh")' in source_of(made, "imports")


@pytest.mark.parametrize("noted", [{}, {"language": "xx"}, {"language": ["zh"]}, "zh", None])
def test_a_notebook_that_names_no_language_of_ours_is_english(noted: Any) -> None:
    notebook = new_notebook(metadata={"kubelab": noted})
    assert language.of(notebook) == "en"
    language.keep_only(notebook)
    assert notebook.metadata.kubelab == {"language": "en"}


def test_only_the_language_is_taken_from_what_was_handed_in() -> None:
    notebook = new_notebook(metadata={"kubelab": {"language": "zh", "outcome": "scored"}})
    language.keep_only(notebook)
    assert notebook.metadata.kubelab == {"language": "zh"}


def test_the_page_of_feedback_speaks_chinese() -> None:
    say = translator("zh")
    broken = failing(answer(), "RuntimeError", "stop here")
    lost = line(CHINESE, False, details={"about": "Pod web", "expected": "a", "found": "b"})
    untried = line("再看", False, reason=say(NOT_TRIED))
    made = page(broken, graded(card(lost, untried), score=0), language="zh")
    said = text(made)
    assert BeautifulSoup(made, "html.parser").html["lang"] == "zh"
    for words in (
        "你的笔记本从第一个单元格运行到了最后一个。",
        "失分的地方",
        "检查对象 Pod web 期望 a 实际 b",
        "– 再看 没有检查",
        "在这个测试之前，你的 答案单元格 word 运行失败： RuntimeError: stop here",
        "隐藏测试在这里运行过",
        "0 / 2 分",
    ):
        assert words in said
    assert "2 points" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Cell a-test: it did not end within 5 s.", "单元格 a-test：在 5 秒内没有结束。"),
        (
            f"the Pods held {of_bytes(2 << 30)} of memory; the limit is {of_bytes(1 << 30)}",
            f"Pod 占用了 {of_bytes(2 << 30)} 内存；上限是 {of_bytes(1 << 30)}",
        ),
        ("NameError: name 'x' is not defined", "NameError: name 'x' is not defined"),
    ],
)
def test_what_ended_a_submission_is_told_in_chinese(words: str, told: str) -> None:
    assert retold(words, "en") == words
    assert retold(words, "zh") == told
