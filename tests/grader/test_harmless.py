"""Nothing that a student made acts on who opens a page: the feedback, or formgrader's."""

from __future__ import annotations

from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook, new_output

from grader import config
from tests.grader.feedback_page import answer, card, failing, graded, line, page, stream

BAD = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='http://x'></iframe>"
    "<b id=top style='position:fixed'>b</b>"
)
LINKS = (
    "[a](javascript:alert(1)) ![b](http://x/y.png) <a href='page.html'>c</a> <svg onload=alert(1)>"
)


def hostile() -> list[NotebookNode]:
    """A notebook in which a student puts such things wherever a student's text can be."""
    kinds = ("text/html", "text/markdown", "text/latex", "text/plain", "image/svg+xml")
    outputs = [new_output("display_data", data={kind: BAD}) for kind in kinds]
    outputs += [new_output("display_data", data={"application/javascript": "alert(1)"})]
    sized = {"image/png": {"width": "1 onerror=alert(1)", "alt": BAD}}
    outputs += [new_output("display_data", data={"image/png": "eA=="}, metadata=sized)]
    outputs += [new_output("display_data", data={"image/png": '"><script>alert(1)</script>'})]
    isolated = {"text/html": {"isolated": True}}
    outputs += [new_output("display_data", data={"text/html": BAD}, metadata=isolated), stream(BAD)]
    made = failing(answer(*outputs, source=BAD), BAD, BAD, BAD)
    made.metadata["tags"] = [BAD]
    attached = {"a.svg": {"image/svg+xml": BAD}, "b.png": {"image/png": BAD}}
    texts = [new_markdown_cell(words) for words in (BAD, LINKS, "![](attachment:a.svg)")]
    texts[2]["attachments"] = attached
    details = {"about": BAD, "expected": BAD, "found": BAD, "cause": BAD, "look": BAD}
    lines = [line(BAD, False, details=details), line(BAD, False, reason=BAD)]
    return [*texts, made, graded(card(*lines)), failing(graded(), BAD, BAD)]


def acts(made: str) -> list[str]:
    """What of a page could act or reach out; formgrader's own parts are before the notebook."""
    found = []
    for tag in BeautifulSoup(made, "html.parser").find_all(True):
        if tag.name in {"script", "iframe", "object", "embed", "svg", "form"}:
            found.append(tag.name)
        for name, value in tag.attrs.items():
            if name.startswith("on") or "javascript:" in str(value):
                found.append(f"{tag.name} {name}={value}")
            if name == "src" and not str(value).startswith("data:image/"):
                found.append(f"{tag.name} src={value}")
            if name == "href" and not str(value).startswith(("#", "http://", "https://")):
                found.append(f"{tag.name} href={value}")
    return found


def test_nothing_of_a_students_acts_in_the_feedback_or_reaches_out() -> None:
    made = page(*hostile(), outcome="crashed", reason=BAD)
    assert acts(made) == []
    soup = BeautifulSoup(made, "html.parser")
    assert [one["id"] for one in soup.find_all(id="top")] == ["top"]
    assert soup.find_all("link") == []
    assert "default-src 'none'" in soup.find("meta", attrs={"http-equiv": True})["content"]
    assert "alert(1)" in soup.get_text(), "it is shown as what it is: text"


def test_nothing_of_a_students_acts_on_formgraders_page_of_a_submission() -> None:
    settings = config.base(__file__)
    settings.HTMLExporter.template_name = "formgrade"
    nb = new_notebook(cells=hostile())
    made, _ = HTMLExporter(config=settings).from_notebook_node(
        nb, {"base_url": "", "index": 0, "total": 1}
    )
    notebook = BeautifulSoup(made, "html.parser").find(id="notebook")
    assert acts(str(notebook)) == []
    assert "alert(1)" in notebook.get_text()
    assert "https://" not in str(BeautifulSoup(made, "html.parser").head), "nothing is from the net"


def test_what_a_lesson_or_a_data_frame_needs_is_kept() -> None:
    words = "## Title\n\n| a | b |\n|---|---|\n| 1 | `x < y` |\n\n<details><summary>Hint</summary>**x**</details>"
    table = "<table class='dataframe'><tr><th scope='row'>a</th></tr></table>"
    shown = answer(new_output("display_data", data={"text/html": table}))
    picture = new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    soup = BeautifulSoup(page(new_markdown_cell(words), shown, answer(picture)), "html.parser")
    assert soup.find("summary").get_text() == "Hint"
    assert soup.find("h2").get_text() == "Title"
    assert soup.find("td").get_text() == "1"
    assert "x < y" in soup.get_text()
    assert soup.find("table", class_="dataframe").find("th").get_text() == "a"
    assert soup.find("img")["src"] == "data:image/png;base64,iVBORw0KGgo="
