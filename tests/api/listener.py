"""An informer that runs in this process, and what it has told."""

from __future__ import annotations

from course.api import Informer, Source
from tests.faults.traces import until

SOON = 60.0  # seconds, on a busy machine


class Listener:
    """Runs an informer from its making to `stop`."""

    def __init__(self, source: Source) -> None:
        self.changes = 0
        self.informer = Informer(source, self._changed)
        self.informer.start()

    def _changed(self) -> None:
        self.changes += 1

    def names(self) -> set[str]:
        """The names of the objects that it has."""
        return {one["metadata"]["name"] for one in self.informer.items()}

    def gets(self, names: set[str]) -> None:
        """Holds it to having just these, soon."""
        until(lambda: self.names() == names, SOON, self.tells)

    def tells(self) -> str:
        """What is known of it, for a failure."""
        return f"{self.informer.state}, {sorted(self.names())}, {self.informer.problem}"

    def stop(self) -> None:
        """Ends it, and holds it to that."""
        self.informer.stop()
        self.informer._thread.join(10)
        assert not self.informer._thread.is_alive(), "the informer's thread goes on"
