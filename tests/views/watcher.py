"""Somebody who watches a view, and remembers what was drawn."""

from __future__ import annotations

from collections.abc import Callable

from course.views.live.painter import Frame
from course.views.live.view import View
from tests.faults.traces import until

SOON = 90.0  # seconds, on a busy machine


class Watcher:
    """Takes the frames of a painter."""

    def __init__(self) -> None:
        self.pictures: list[str] = []

    def take(self, frame: Frame) -> None:
        """Remembers it, if there is something to see."""
        if frame.html:
            self.pictures.append(frame.html)

    @property
    def picture(self) -> str:
        """What is seen now."""
        return self.pictures[-1] if self.pictures else ""

    def sees(self, *words: str) -> str:
        """Holds the picture to having all these words, soon; the picture that has them."""
        until(lambda: all(word in self.picture for word in words), SOON,
              lambda: f"{words} in:\n{self.picture}")  # fmt: skip
        return self.picture


Watch = Callable[[View], Watcher]
"""Begins to draw a view; the watcher has the pictures."""
