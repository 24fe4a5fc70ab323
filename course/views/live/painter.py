"""Draws a view whenever its objects change, in a thread of its own: while other cells run, too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from course.api import State
from course.views.live.view import View
from course.views.live.watched import Watched

PAUSE = 0.1
"""Seconds between two pictures, at least: what changes faster is drawn at once with what follows it."""


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        html: as `View.draw` has it; empty: nothing has been heard from the cluster yet, or nothing more will be.
        state: how the connection is.
        problem: why it is not live.
    """

    html: str
    state: State
    problem: str = ""


class Painter:
    """Gives the frames of a view to `show`, from `start` to `stop`."""

    def __init__(self, view: View, show: Callable[[Frame], None]) -> None:
        self._view, self._show = view, show
        self._wake, self._stopped = threading.Event(), threading.Event()
        self.watched = Watched(view, self._wake.set)
        self._thread = threading.Thread(target=self._run, name="kubelab-painter", daemon=True)

    def start(self) -> None:
        """Begin to watch and to draw."""
        self._view.redraws.append(self.redraw)
        self.watched.start()
        self._thread.start()

    def stop(self) -> None:
        """End it; the last frame says so."""
        if not self._stopped.is_set():
            self._view.redraws.remove(self.redraw)
        self._stopped.set()
        self._wake.set()
        self.watched.stop()

    def redraw(self) -> None:
        """Draw although nothing was heard from the cluster."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(self._view.tick or None)
            self._wake.clear()
            if not self._stopped.is_set():
                self._show(self._frame())
                self._stopped.wait(PAUSE)
        self._show(Frame("", State.STOPPED))

    def _frame(self) -> Frame:
        watched = self.watched
        html = ""
        if watched.listed:
            html = self._view.draw(watched.seen(), datetime.now(UTC), live=True)
        return Frame(html, watched.state, watched.problem)
