"""Checks and magics speak the language that a notebook chose."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from course import checks, language
from course.checks.match import at_least, compare
from course.checks.scorecard import NOT_TRIED, not_tried
from course.errors import ContentError


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    checks.speak("en")


def failure() -> str:
    return str(checks.CheckFailed("Pod web", "ready", "not ready", "the image", "kubectl get pod"))


def test_english_is_spoken_unless_another_language_is_chosen() -> None:
    assert language.spoken() == "en"
    assert failure().startswith("Pod web: expected ready; found not ready.\nLikely cause: the")


def test_a_failure_is_told_in_chinese() -> None:
    checks.speak("zh")
    assert failure() == (
        "Pod web：期望 ready；实际 not ready。\n可能的原因：the image\n进一步查看：kubectl get pod"
    )
    (mismatch,) = compare({"spec": {"replicas": 1}}, {"spec": {"replicas": at_least(3)}})
    assert str(mismatch) == "spec.replicas：期望 不小于 3，实际 1"
    assert str(checks.Object("pod", "web", "demo")) == "Pod web（命名空间 demo）"


def test_a_scorecard_speaks_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    checks.speak("zh")
    card = checks.Scorecard(points=3)
    card.check(1, "Pod 存在", lambda: None)
    card.check(1, "Pod 就绪", lambda: None, after=False)
    assert card._repr_mimebundle_()["text/plain"] == "1"
    said = capsys.readouterr().out
    assert "✔ Pod 存在  （1 / 1 分）" in said
    assert "满分 3 分，其中 1 分属于提交之后才运行的检查。" in said
    assert not_tried(card.lines[1].reason)


def test_what_was_not_tried_is_known_in_every_language() -> None:
    for lang in language.LANGUAGES:
        assert not_tried(f"It is ready: not so. {language.translator(lang)(NOT_TRIED)}")
    assert not not_tried("Another word was asked for.")


def test_a_language_that_the_lab_does_not_speak_is_said() -> None:
    with pytest.raises(ContentError, match="no course in xx"):
        checks.speak("xx")
    assert language.spoken() == "en"


def test_values_go_in_as_they_are() -> None:
    checks.speak("zh")
    assert language._("Variable {name}", name="{x}") == "变量 {x}"
    assert language._("no such message") == "no such message"


def test_english_needs_neither_a_catalogue_nor_its_library() -> None:
    code = (
        "import sys; from course import checks; checks.speak('en'); print('babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
