"""What a live view is: which objects it watches, and how it draws them.

A view draws HTML, the same for a person who watches and for a program that runs the notebook; `display` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from html import escape
from typing import Any

from course.api import Source

Item = dict[str, Any]
Seen = Mapping[str, Sequence[Item]]
"""The objects of each source, by the source's name."""


class View:
    """The base of all views.

    Attributes:
        tick: seconds after which it is drawn again though nothing has changed; 0: never.
    """

    tick: float = 0

    def sources(self) -> dict[str, Source]:
        """What it watches, by names of its own."""
        raise NotImplementedError

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """The picture, as HTML; a `live` one may have buttons: what holds `data-say="…"` is told to `told`."""
        raise NotImplementedError

    def words(self, seen: Seen, now: datetime) -> str:
        """The same in lines of plain text: for screen readers, and where no HTML is shown."""
        raise NotImplementedError

    @cached_property
    def redraws(self) -> list[Callable[[], None]]:
        """What draws it anew, one for each cell that shows it: for what a view knows and the cluster does not."""
        return []

    def redraw(self) -> None:
        """Let it be drawn anew wherever it is shown."""
        for one in list(self.redraws):
            one()

    def told(self, what: str) -> str:
        """Somebody pressed what says `what`: the HTML to show below the picture. Takes as long as it must."""
        return ""

    def _ipython_display_(self) -> None:
        from course.views.live.display import show

        show(self)


def preformatted(title: str, text: str) -> str:
    """A heading, and what a command said, as HTML."""
    return f"<h4>{escape(title)}</h4><pre>{escape(text.strip())}</pre>"
