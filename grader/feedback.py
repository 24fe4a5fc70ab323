"""The page that a student gets back: what was asked, what was found, what to look at next.

`nbgrader generate_feedback` makes it (see `grader.config`) by three steps after nbgrader's own GetGrades:
`grader.explain` reads the scorecards, `HideTests` takes the hidden tests out, and `grader.harmless`
whatever could act.
The page is whole in itself: it needs neither a network nor scripts, and forbids itself both.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_locked
from traitlets.config import Config

from course.language import SOURCE, Translator, later, translator
from grader import harmless, language
from grader.explain import is_test

TEMPLATES = Path(__file__).resolve().parent / "templates"
PREPROCESSORS = [
    "nbgrader.preprocessors.GetGrades",
    "grader.explain.Explain",
    "grader.feedback.HideTests",
    "grader.harmless.Harmless",
]
_NOT_SHOWN = later("# The code of this test is not shown.")
_RAN_HERE = later("# (hidden tests ran here: what they found is in the table)")
_HELD_TESTS = later("(This held the code of hidden tests, and is not shown.)")


class FeedbackExporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's HTML exporter with our template, whatever formgrader's is."""

    @property
    def default_config(self) -> Config:
        """Settings under this class's own name: nbgrader writes its template into HTMLExporter's."""
        ours = Config()
        ours.FeedbackExporter.template_name = "kubelab_feedback"
        ours.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
        ours.FeedbackExporter.sanitize_html = True
        ours.FeedbackExporter.preprocessors = []  # formgrader's would take the scorecards out first
        config: Config = super().default_config
        config.merge(ours)
        return config

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, and ours in the place of those that let HTML through."""
        yield from super().default_filters()
        yield from harmless.FILTERS.items()
        yield "say", say

    def _preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        nb, resources = super()._preprocess(nb, resources)
        if not resources.get("feedback", {}).get("hidden"):
            raise RuntimeError(
                "No feedback was made: the hidden tests are still in it. "
                "GenerateFeedback.preprocessors must hold grader.explain.Explain and grader.feedback.HideTests."
            )
        return nb, resources


@pass_context
def say(context: Context, text: str, **values: object) -> str:
    """The template's filter for words: they come in the notebook's language."""
    about = context["resources"].get("feedback", {})
    return translator(about.get("language", SOURCE))(text, **values)


def make_releasable(*, notebooks: list[str], **_: Any) -> None:
    """nbgrader's hook after a student's feedback is made: put in what `release_feedback` must find.

    The exchange leaves a time and a secret with each submission. One that came another way has neither,
    and nbgrader then stops at it with a traceback, before it has released the others' feedback.
    """
    autograded = Path(notebooks[0]).resolve().parent
    root, student, assignment = autograded.parents[2], autograded.parent.name, autograded.name
    folder = root / "feedback" / student / assignment
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    for name, text in (("timestamp.txt", now), ("submission_secret.txt", secrets.token_hex(64))):
        if folder.is_dir() and not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")


class HideTests(harmless.Step):
    """Takes the hidden tests out: of the tests' source, and of all that was printed.

    A test's own output goes with them: its table says the same. In a kernel that a student's code shares
    with the tests, that code can print them; so each output that holds one of their lines is
    taken away too. (What it prints in disguise, this cannot know.)
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Hide them in the cells that are the teacher's; a student's may say what they like."""
        marks = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
        begin, end = marks.begin_test_delimeter, marks.end_test_delimeter
        nb.cells = [cell for cell in nb.cells if not _told_the_examiner_alone(cell)]
        _ = translator(language.of(nb))
        held = _(_HELD_TESTS)
        hidden: list[str] = []
        for cell in nb.cells:
            if cell.cell_type != "code" or not is_locked(cell):
                continue
            cell.source, taken = split(cell.source, begin, end, _)
            hidden += taken
            if taken or (is_test(cell) and cell.metadata.get("feedback", {}).get("lines")):
                cell.outputs = []
            elif is_test(
                cell
            ):  # a traceback shows the lines around it, and those of what it called
                cell.outputs = [one for one in cell.outputs if one.output_type != "error"]
        seen = "\n".join(_bare(cell.source) for cell in nb.cells)
        guarded = {bare for bare in map(_bare, hidden) if len(bare) >= 20 and bare not in seen}
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [_without(output, guarded, held) for output in cell.outputs]
            if "feedback" in cell.metadata:  # the same notes are in the resources: changed in place
                _clean(cell.metadata.feedback, guarded, held)
        about = resources.setdefault("feedback", {})
        _clean(about, guarded, held)
        about["hidden"] = True
        return nb, resources


def _told_the_examiner_alone(cell: NotebookNode) -> bool:
    """Whether a cell was put in by the grader, with values that students are not told."""
    placed = cell.metadata.get("kubelab", {}).get("place")
    return placed == "examiner" and "nbgrader" not in cell.metadata


def split(source: str, begin: str, end: str, _: Translator) -> tuple[str, list[str]]:
    """(what of a test may be shown, the lines that may not). All is hidden where the marks do not match."""
    shown: list[str] = []
    hidden: list[str] = []
    inside = False
    for line in source.split("\n"):
        if begin in line or end in line:
            if (begin in line) is inside or (begin in line and end in line):
                return _(_NOT_SHOWN), source.split("\n")
            inside = not inside
            if inside:
                shown.append(_(_RAN_HERE))
        else:
            (hidden if inside else shown).append(line)
    if inside:
        return _(_NOT_SHOWN), source.split("\n")
    return "\n".join(shown), hidden


def _bare(text: str) -> str:
    """The letters and digits alone: the same for a line, its repr, its HTML and its coloured form."""
    return re.sub(r"\\[nrt]|&\w+;|<[^>]*>|[\W_]", "", strip_ansi(text))


def _without(output: NotebookNode, guarded: set[str], held: str) -> NotebookNode:
    if not _holds(output, guarded):
        return output
    return NotebookNode(output_type="stream", name="stdout", text=held)


def _holds(value: Any, guarded: set[str]) -> bool:
    if isinstance(value, dict):
        return any(_holds(one, guarded) for one in value.values())
    if isinstance(value, list | tuple):
        whole = all(isinstance(one, str) for one in value)
        return (
            _holds("\n".join(value), guarded) if whole else any(_holds(v, guarded) for v in value)
        )
    bare = _bare(value) if isinstance(value, str) else ""
    return any(secret in bare for secret in guarded)


def _clean(note: dict[str, Any], guarded: set[str], held: str) -> None:
    """Take the hidden lines out of a note's words, in place."""
    for name, value in note.items():
        if isinstance(value, str):
            note[name] = held if _holds(value, guarded) else value
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                _clean(one, guarded, held)
