"""Reads from a graded notebook what a student is to know, for the feedback's template to lay out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution

from course.checks.scorecard import MIME, not_tried
from course.language import Translator, later, translator
from grader import harmless, language
from grader.retell import retold

_RAN = "ran"  # the engine's word for a cell that ended well
_NO = (
    "CheckFailed:",
    "AssertionError",
)  # a test that says no, where another error is a test that broke
_OUTCOMES = {
    "scored": later("Your notebook ran from its first cell to its last."),
    "crashed": later("Your notebook did not run to its end: it stopped on the way."),
    "timed out": later("Your notebook took too long: something in it was stopped."),
}


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is an autograded test: the teacher's code, not an answer that a person reads."""
    return cell.cell_type == "code" and bool(is_grade(cell)) and not is_solution(cell)


class Explain(harmless.Step):
    """Notes at each cell what came of it (`metadata.feedback`), and in the resources what was lost."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Go through the cells in their order: what failed before a test is said beside the test."""
        heading, lang = "", language.of(nb)
        _ = translator(lang)
        near: list[dict[str, Any]] = []
        before: list[dict[str, Any]] = []
        lost = []
        for index, cell in enumerate(nb.cells):
            note: dict[str, Any] = {"anchor": f"cell-{index + 1}"}
            heading = _heading(cell) or heading
            if is_test(cell):
                note |= _report(cell, lang) | {"title": heading or cell.metadata.nbgrader.grade_id}
                if note["lost"]:
                    note |= {"failed_answers": near, "failed_before": [] if near else before}
                    lost.append(note)
                before, near = before + near, []
            elif cell.cell_type == "code":
                note["failure"] = _failure(cell, lang)
                if note["failure"] and not is_locked(cell):
                    near.append(note | {"name": _name(cell, index, _)})
            note["injected"] = "injected-parameters" in cell.metadata.get("tags", [])
            note["own"] = not note["injected"] and "nbgrader" not in cell.metadata
            cell.metadata["feedback"] = NotebookNode(note)
        noted = nb.metadata.get("kubelab", {})
        outcome = str(noted.get("outcome", "scored"))
        resources["feedback"] = {
            "language": lang,
            "outcome": outcome,
            "words": _(_OUTCOMES[outcome])
            if outcome in _OUTCOMES
            else _("Your notebook was graded: {outcome}.", outcome=outcome),
            "reason": retold(str(noted.get("reason", "")), lang),
            "lost": lost,
            "injected": any(cell.metadata.feedback.injected for cell in nb.cells),
        }
        return nb, resources


def _heading(cell: NotebookNode) -> str:
    """The first heading in a text of the teacher's: the task, by the name that a student knows."""
    if cell.cell_type != "markdown" or not is_locked(cell):
        return ""
    found = re.search(r"^#{1,6}\s+(.+?)\s*#*$", cell.source, re.MULTILINE)
    return re.sub(r"[`*]", "", found.group(1)) if found else ""


def _name(cell: NotebookNode, index: int, _: Translator) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    if name:
        return _("answer cell {name}", name=name)
    return _("cell of yours, number {number}", number=index + 1)


def _failure(cell: NotebookNode, lang: str) -> str:
    """In what way a cell did not end well; empty where it did."""
    noted = cell.metadata.get("kubelab", {})
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if noted.get("ran", _RAN) == _RAN and not errors:
        return ""
    words = retold(str(noted.get("reason", "")), lang)
    if not words and errors:
        words = f"{errors[0].ename}: {errors[0].evalue}".strip(": ")
    return strip_ansi(words) or str(noted.get("ran", ""))


def _report(cell: NotebookNode, lang: str) -> dict[str, Any]:
    """What came of a test cell: its points, its checks, or the words with which it failed."""
    nbgrader = cell.metadata.nbgrader
    score, points = float(nbgrader.get("score") or 0), float(nbgrader.points)
    failure = _failure(cell, lang)
    lines = [] if failure else list(_lines(cell))
    no = next((name for name in _NO if failure.startswith(name)), "")
    return {
        "score": score,
        "points": points,
        "failure": failure,
        "says_no": bool(no),
        "words": failure.removeprefix(no).strip(": "),
        "lines": lines,
        "lost": points > score,
        "untried": sum(one["points"] for one in lines if not one["tried"]),
        "by_hand": bool(lines) and abs(sum(one["earned"] for one in lines) - score) > 1e-6,
    }


def _lines(cell: NotebookNode) -> Iterator[dict[str, Any]]:
    """The lines of the scorecard in the cell's result; whatever is no line is left out."""
    for output in cell.outputs:
        if output.output_type != "execute_result" or MIME not in output.data:
            continue
        card = output.data[MIME]
        for line in card.get("lines", []) if isinstance(card, dict) else []:
            if isinstance(line, dict):
                yield _line(line)
        return


def _line(line: dict[str, Any]) -> dict[str, Any]:
    details = line.get("details")
    known = {
        name: strip_ansi(str(details.get(name) or ""))
        for name in ("about", "expected", "found", "cause", "look")
        if isinstance(details, dict)
    }
    reason = strip_ansi(str(line.get("reason", "")))
    return {
        "what": str(line.get("what", "")),
        "points": _number(line.get("points")),
        "earned": _number(line.get("earned")),
        "held": line.get("held") is True,
        "tried": not not_tried(reason),
        "reason": reason,
        "details": known if known.get("expected") else {},
    }


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
