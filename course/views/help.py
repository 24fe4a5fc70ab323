"""The help below a task: buttons for the next hint, for a check and for the solution, and how far the task is.

A press comes to the kernel as a message, so it waits for the cell that runs. Texts are one display, which a saved
notebook keeps; the buttons end when their cell is run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

from course.checks import checking, hints, kept
from course.checks.kept import STEPS, Kept
from course.errors import LabError
from course.language import _
from course.views import handed_out, solutions

TOGETHER = 0.3
"""Seconds after a press within which another of the same button was made before anybody saw what the first has done."""

_shown: dict[tuple[str, str], _Help] = {}


def show(lesson: str, task: str) -> None:
    """Display a task's help; the one that was there before ends."""
    if _ran not in checking.heard:
        checking.heard.append(_ran)
    before = _shown.pop((lesson, task), None)
    if before is not None:
        before.close()
    made = _shown[lesson, task] = _Help(lesson, task)
    made.show()


def _ran(task: str, problem: str) -> None:
    """The student ran a test cell: its task's help says so."""
    for (_lesson, name), one in _shown.items():
        if name == task:
            one.ran(problem)


class _Help:
    def __init__(self, lesson: str, task: str) -> None:
        import ipywidgets as widgets

        self._lesson, self._task = lesson, task
        self._folder = hints.notebook_folder()
        self._path = self._folder / kept.FILE
        self._hints = self._entry.hints  # where they cannot be noted, they are shown all the same
        self._report = ""
        self._solution: list[str] = []
        self._asked = False
        self._display: Any = None
        self._hint = self._button(self._take_hint)
        self._check = self._button(self._run_check)
        self._reveal = self._button(self._ask_solution)
        self._said = widgets.HTML()
        note = _("A button that is pressed while a cell runs waits until that has ended.")
        buttons = widgets.HBox([self._hint, self._check, self._reveal])
        self._controls = widgets.VBox(
            [buttons, widgets.HTML(f"<small>{escape(note)}</small>"), self._said]
        )
        self._controls.layout.align_items = "flex-start"
        if self._entry.solution and not solutions.refusal(self._folder, self._entry):
            self._say(self._read_solution)
        self._label()

    def show(self) -> None:
        """Display it below the cell that runs."""
        from IPython.display import display

        display(self._controls)
        self._display = display(self._texts(), raw=True, display_id=True)

    def close(self) -> None:
        """Let the buttons do nothing any more."""
        _end(self._controls)

    def ran(self, problem: str) -> None:
        """The student ran the test cell, and it was kept how that came out, or a problem kept it from being."""
        self._report = ""  # the cell's own output says it now
        self._said.value = escape(problem)
        self._refresh()

    @property
    def _entry(self) -> Kept:
        return kept.read(self._path).get(self._task, Kept())

    def _button(self, act: Callable[[], str]) -> Any:
        import ipywidgets as widgets

        button = widgets.Button()
        button.layout.width = "auto"
        ended = float("-inf")

        def pressed(_button: Any) -> None:
            nonlocal ended
            if time.monotonic() - ended < TOGETHER:
                return
            if act != self._ask_solution:
                self._asked = False
            self._say(act)
            self._refresh()
            ended = time.monotonic()

        button.on_click(pressed)
        return button

    def _say(self, act: Callable[[], str]) -> None:
        """Do it, and show what it says or what went wrong."""
        try:
            said = act()
        except (LabError, OSError) as problem:
            said = str(problem)
        self._said.value = escape(said)

    def _take_hint(self) -> str:
        self._hints, problem = hints.take(self._task)
        return problem

    def _run_check(self) -> str:
        buttons = (self._hint, self._check, self._reveal)
        for button in buttons:
            button.disabled = True
        self._check.description = _("Checking …")
        self._said.value = escape(_("The checks run: that can take a minute."))
        source = handed_out.test_of(self._folder, self._lesson, self._task)
        done = checking.run(source, _shell())
        self._report = done.text
        return checking.keep(self._path, self._task, done.card) if done.card else ""

    def _ask_solution(self) -> str:
        entry = self._entry
        if said := solutions.refusal(self._folder, entry):
            return said
        if not self._asked:
            self._asked = True
            return _(
                "That you saw the solution is noted beside your notebook, and teachers' reports say it. "
                "Press again to see it."
            )
        self._asked = False
        found = solutions.of_task(self._folder, self._lesson, self._task)
        # No solution without its note.
        if problem := kept.note(self._path, self._task, replace(entry, solution=True)):
            return problem
        self._solution = found
        return ""

    def _read_solution(self) -> str:
        self._solution = solutions.of_task(self._folder, self._lesson, self._task)
        return ""

    def _refresh(self) -> None:
        self._label()
        if self._display is not None:
            self._display.update(self._texts(), raw=True)

    def _label(self) -> None:
        entry = self._entry
        every = entry.hints == STEPS
        self._hint.description = (
            _("All {count} hints are shown", count=STEPS)
            if every
            else _("Hint ({number} of {count})", number=entry.hints + 1, count=STEPS)
        )
        self._hint.disabled = every
        self._check.description = _("Check")
        self._check.disabled = False
        self._reveal.description = _("Yes, show the solution") if self._asked else _("Solution")
        self._reveal.disabled = bool(self._solution)

    def _texts(self) -> dict[str, str]:
        entry = self._entry
        parts = [f"*{progress(entry)}*"]
        if self._report:
            parts.append(_as_code(self._report))
        parts += hints.texts(self._lesson, self._task, max(self._hints, entry.hints))
        if self._solution:
            parts += [_("**Solution.**"), *map(_as_code, self._solution)]
        text = "\n\n".join(parts)
        return {"text/markdown": text, "text/plain": text}


def _end(widget: Any) -> None:
    """Close a widget and all that it is made of, here and in the front end."""
    for child in getattr(widget, "children", ()):
        _end(child)
    if hasattr(widget, "style"):
        widget.style.close()
    widget.layout.close()
    widget.close()


def progress(entry: Kept) -> str:
    """How far a task is, in a line."""
    said = [_("Not checked yet.")]
    if entry.checked:
        mark = "✔" if entry.holds else "✘"
        values = {"held": f"{entry.held:g}", "seen": f"{entry.seen:g}"}
        said = [f"{mark} {_('{held} of {seen} points in sight.', **values)}"]
        if waiting := entry.points - entry.seen:
            said.append(_("{waiting} more when you hand in.", waiting=f"{waiting:g}"))
    said.append(_("Hints: {count} of {all}.", count=entry.hints, all=STEPS))
    if entry.solution:
        said.append(_("The solution was shown."))
    return " ".join(said)


def _as_code(text: str) -> str:
    """A text as Markdown's indented code, which nothing in it can end."""
    return "\n".join(f"    {row}" for row in text.splitlines())


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
