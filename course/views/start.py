"""The start page of a notebook: how far one is, how the cluster is, and starting over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from course.checks.hints import notebook_folder
from course.errors import LabError
from course.language import _
from course.views import cluster, over, render
from course.views.progress import EXERCISE, progress


def start(folder: Path | None = None) -> None:
    """Show the page of the lessons in a folder; without one, in that of the notebook."""
    _Page(folder or notebook_folder()).show()


class _Page:
    """The page: a display that is renewed, and buttons. What destroys something asks first."""

    def __init__(self, folder: Path) -> None:
        import ipywidgets as widgets

        self._folder = folder
        self._display: Any = None
        self._agreed: Callable[[], str] | None = None
        there = [one for one in progress(folder) if f"{one.name}/{EXERCISE}" in one.files]
        self._which = widgets.Dropdown(options=[(one.title, one.name) for one in there])
        self._said = widgets.HTML()
        self._question = widgets.HTML()
        self._answers = widgets.VBox(
            [
                self._question,
                widgets.HBox(
                    [
                        self._button(_("Yes, start over"), self._yes, "warning"),
                        self._button(_("No, leave it"), self._no),
                    ]
                ),
            ]
        )
        self._answers.layout.display = "none"
        rows = [
            self._button(_("Refresh"), self.refresh),
            widgets.HBox(
                [self._which, self._button(_("Start this exercise over"), self._ask_exercise)]
            ),
            self._button(_("Make the cluster as new"), self._ask_cluster),
        ]
        self._controls = widgets.VBox([*rows, self._answers, self._said])
        self._controls.layout.align_items = "flex-start"

    def _button(self, text: str, act: Callable[[], None], style: str = "") -> Any:
        import ipywidgets as widgets

        button = widgets.Button(description=text, button_style=style)
        button.layout.width = "auto"
        button.on_click(lambda _button: act())
        return button

    def show(self) -> None:
        """Display it below the cell that runs."""
        from IPython.display import display

        self._display = display(self._bundle(), raw=True, display_id=True)
        display(self._controls)

    def refresh(self) -> None:
        """Read everything again."""
        if self._display is not None:
            self._display.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        return render.bundle(progress(self._folder), cluster.seen(), datetime.now())

    def _ask_exercise(self) -> None:
        lesson, title = self._which.value, self._which.label
        if lesson:
            question = _(
                "Put the exercise of “{title}” back to the one that was handed out? Your version stays beside "
                "it, under a name with today's date, as you last saved it: save it first, and close its tab.",
                title=title,
            )
            self._ask(question, lambda: self._exercise(lesson))

    def _exercise(self, lesson: str) -> str:
        kept = over.exercise_over(self._folder, lesson)
        said = _("{lesson}/{file} is as it was handed out.", lesson=lesson, file=EXERCISE)
        names = ", ".join(name for name in (kept.notebook, kept.hints) if name)
        return f"{said} " + (_("Kept: {names}.", names=names) if names else "")

    def _ask_cluster(self) -> None:
        question = _(
            "Make the cluster as new? All Pods end, and all objects that were made or changed are lost. "
            "Your notebooks stay, and JupyterLab goes on."
        )
        self._ask(question, cluster.as_new)

    def _ask(self, question: str, agreed: Callable[[], str]) -> None:
        self._agreed = agreed
        self._said.value = ""
        self._question.value = escape(question)
        self._answers.layout.display = None

    def _no(self) -> None:
        self._agreed = None
        self._answers.layout.display = "none"

    def _yes(self) -> None:
        agreed = self._agreed
        self._no()
        if agreed is None:
            return
        try:
            self._said.value = escape(agreed())
        except (LabError, OSError) as problem:
            self._said.value = _("It could not be done: {problem}", problem=escape(str(problem)))
        self.refresh()
