"""The informers of one view: all that it watches, from `start` to `stop`."""

from __future__ import annotations

import time
from collections.abc import Callable

from course.api import Informer, Informers, State
from course.api.client import ApiError
from course.language import _
from course.views.live.view import Seen, View

informers = Informers()
"""Those of all views of this kernel."""


class Watched:
    """Watches a view's sources; `changed` is called, from threads of the informers, after each change."""

    def __init__(self, view: View, changed: Callable[[], None] = lambda: None) -> None:
        self._sources, self._changed = view.sources(), changed
        self._informers: dict[str, Informer] = {}

    def start(self) -> None:
        """Begin to watch."""
        for name, source in self._sources.items():
            self._informers[name] = informers.listen(source, self._changed)

    def stop(self) -> None:
        """Watch no more."""
        for source in self._sources.values():
            informers.leave(source, self._changed)

    def wait(self, seconds: float) -> None:
        """Return when all sources have been listed once.

        Raises:
            ApiError: the cluster did not answer in time.
        """
        end = time.monotonic() + seconds
        for one in self._informers.values():
            if not one.wait(max(0.0, end - time.monotonic())):
                silent = _("The cluster said nothing of its {kind} within {seconds:g} s.",
                           kind=one.source.kind, seconds=seconds)  # fmt: skip
                look = _("Is the cluster up? `./lab status` tells; `./lab up` starts it.")
                raise ApiError(f"{silent} {one.problem}".strip(), look)

    @property
    def listed(self) -> bool:
        """Whether all sources have been listed once."""
        return all(one.listed for one in self._informers.values())

    @property
    def state(self) -> State:
        """The state of the one that is worst off."""
        states = {one.state for one in self._informers.values()}
        worse = (State.RECONNECTING, State.CONNECTING)
        return next((state for state in worse if state in states), State.LIVE)

    @property
    def problem(self) -> str:
        """Why one of them is not live; empty where all are."""
        return next((one.problem for one in self._informers.values() if one.problem), "")

    def seen(self) -> Seen:
        """The objects of each source, as they are now."""
        return {name: one.items() for name, one in self._informers.items()}
