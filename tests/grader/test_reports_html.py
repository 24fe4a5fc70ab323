"""The teacher's page: complete in itself, safe against what students write, and usable without a mouse."""

from __future__ import annotations

import dataclasses
import re
import time
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from grader.reports import html
from grader.results import Result
from tests.browser.chromium import window
from tests.grader import reports_data as data

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes; open and close tags must match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, words: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(words)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(results: list[Result]) -> Page:
    return Page(html.write(results, "Kubelab").decode())


@pytest.fixture(scope="module")
def everything() -> list[Result]:
    return [*data.a_class(30), *data.hostile(), data.not_gradable("zoe"), data.crashed("yan")]


def test_nothing_is_loaded_and_nothing_runs(everything: list[Result]) -> None:
    found = page(everything)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "foreignobject",
    }
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "xlink:href", "src", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
    raw = html.write(everything, "Kubelab").decode()
    assert "@import" not in raw
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", raw))
    (policy,) = [one for one in found.named("meta") if one.get("http-equiv")]
    assert "default-src 'none'" in (policy["content"] or "")


def test_what_a_student_writes_is_shown_and_not_obeyed(everything: list[Result]) -> None:
    text = page(everything).text
    assert data.HOSTILE[0] in text
    assert "{{ 7 * 7 }}{% raw %}" in text
    assert "[cut: 48,000 more characters]" in text
    assert not re.search("[\x00-\x08\x1b\x7f\u202e\uffff]", text)


def test_the_basics_of_accessibility_hold(everything: list[Result]) -> None:
    found = page(everything)
    assert found.named("html")[0]["lang"] == "en"
    assert all(one.get("scope") in ("col", "row") for one in found.named("th"))
    tables = len(found.named("table"))
    assert tables == len(found.named("thead")) >= 5
    pictures = found.named("svg")
    assert len(pictures) > 2
    assert all(one.get("role") == "img" and one.get("aria-label") for one in pictures)
    ids = Counter(one["id"] for _, one in found.elements if one.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    named = [one["aria-labelledby"] for _, one in found.elements if one.get("aria-labelledby")]
    links = [(one.get("href") or "")[1:] for one in found.named("a")]
    assert set(named + links) <= set(ids)
    headings = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    regions = [one.get("aria-label") for one in found.named("div") if one.get("role") == "region"]
    assert all(regions)
    assert len(set(regions)) == len(regions)


def test_what_could_not_be_graded_comes_first_and_says_what_to_do() -> None:
    text = page(
        [data.scored("ada", "a-deployment", (True,) * 3, (True,) * 2), data.not_gradable("bob")]
    ).text
    assert text.index("1 submission could not be graded") < text.index("./lab doctor")
    assert text.index("./lab doctor") < text.index("mean score")
    assert "the cluster lab-3 did not answer within 30 s." in text
    assert "– / 10" in text


def test_it_says_how_many_took_how_many_hints() -> None:
    whole = ((True,) * 3, (True,) * 2)
    taken: list[dict[str, int]] = [{}, {"deployment": 3}, {"deployment": 3, "service": 1}]
    results = [
        dataclasses.replace(data.scored(f"s{n}", "a-deployment", *whole), hints=hints)
        for n, hints in enumerate(taken)
    ]
    text = page(results).text
    assert "a-deployment deployment 1 0 0 2" in text
    assert "a-deployment service 2 1 0 0" in text
    assert "No hints were taken." in page(results[:1]).text


def test_without_anything_to_mend_there_is_no_box() -> None:
    text = page([data.scored("ada", "a-deployment", (True,) * 3, (True,) * 2)]).text
    assert "could not be graded" not in text
    assert "too few submissions to say" in text
    assert "No points were lost." in text


def test_without_submissions_the_page_says_so() -> None:
    assert "There are no submissions." in page([]).text


def test_where_nothing_could_be_graded_there_is_no_mean() -> None:
    text = page([data.not_gradable("ada"), data.not_gradable("bob")]).text
    assert "2 submissions could not be graded" in text
    assert "mean score –" in text
    assert "0 of 2 – –" in text


def test_verdicts_stand_beside_their_limits() -> None:
    half = [
        data.scored(f"s{n:02d}", "a-deployment", (True,) * 3, (n % 2 == 0,) * 2) for n in range(24)
    ]
    text = page(half).text
    assert "“too easy” above 90 %; “too hard” below 30 %" in text
    assert "“too few submissions to say” under 20 submissions" in text
    assert "deployment-test 5 24 100 % – too easy" in text
    assert "It sends to all pods" in text


def test_three_thousand_submissions_take_seconds_and_megabytes() -> None:
    results = data.a_class(1500)
    began = time.process_time()
    raw = html.write(results, "Kubelab")
    # Measured: 1.5 s and 2.6 MB; the processor's time, for a busy machine is no fault of the page.
    assert time.process_time() - began < 20
    assert len(raw) < 8e6
    assert raw.count(b'<tr><th scope="row">') > len(results)


def test_a_browser_asks_for_nothing_else_and_obeys_nobody(
    everything: list[Result], tmp_path: Path, browser: Any
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(html.write(everything, "Kubelab"))
    asked: list[str] = []
    said: list[str] = []
    shown = window(browser, viewport={"width": 390, "height": 800}, color_scheme="dark")
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.on("dialog", lambda dialog: said.append(dialog.message))
    shown.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert said == []
    assert shown.title() == "Kubelab: grading report"
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 28)"
    shown.context.close()
