"""Graded notebooks, made by hand, and the page of feedback that they give."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course.checks.scorecard import MIME
from grader import config
from grader.feedback import PREPROCESSORS, FeedbackExporter

HIDDEN = 'card.expect(1, "The word is pod", secret_word_of_the_test == "pod", "Another word.")'
TEST = f"card = checks.Scorecard(points=2)\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\ncard"


def line(what: str, held: bool, points: float = 1, **more: Any) -> dict[str, Any]:
    earned = points if held else 0
    return {"what": what, "points": points, "held": held, "earned": earned, "reason": "", **more}


def card(*lines: dict[str, Any]) -> NotebookNode:
    data = {"text/plain": "1", MIME: {"points": 2, "earned": 1, "lines": list(lines)}}
    return new_output("execute_result", data=data)


def cell(name: str, source: str, *outputs: NotebookNode, **nbgrader: Any) -> NotebookNode:
    metadata = {"grade": False, "solution": False, "locked": False, "grade_id": name, **nbgrader}
    new = new_code_cell(source, outputs=list(outputs), metadata={"nbgrader": metadata})
    new.metadata["kubelab"] = {"ran": "ran", "reason": ""}
    return new


def answer(*outputs: NotebookNode, source: str = "word = 'dop'", **more: Any) -> NotebookNode:
    return cell("word", source, *outputs, solution=True, **more)


def graded(*outputs: NotebookNode, source: str = TEST, score: float = 1) -> NotebookNode:
    return cell("word-test", source, *outputs, grade=True, locked=True, points=2, score=score)


def failing(made: NotebookNode, ename: str, evalue: str, *traceback: str) -> NotebookNode:
    made.metadata["kubelab"] = {"ran": "failed", "reason": f"{ename}: {evalue}"}
    error = {"ename": ename, "evalue": evalue, "traceback": list(traceback)}
    made.outputs.append(new_output("error", **error))
    return made


def stream(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def page(*cells: NotebookNode, steps: list[str] | None = None, **noted: Any) -> str:
    """The page for a notebook as GetGrades leaves it (which needs a gradebook, and comes first)."""
    nb = new_notebook(cells=list(cells), metadata={"kubelab": {"outcome": "scored", **noted}})
    exporter = FeedbackExporter(config=config.base(__file__))
    for step in PREPROCESSORS[1:] if steps is None else steps:
        exporter.register_preprocessor(step)
    known = {"assignment": "plain", "notebook": "work", "score": 1, "max_score": 2}
    made, _ = exporter.from_notebook_node(nb, {"nbgrader": {**known, "late_penalty": 0}})
    return str(made)


def text(made: str) -> str:
    return " ".join(BeautifulSoup(made, "html.parser").get_text(" ").split())
