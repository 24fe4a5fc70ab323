"""Informers that several views of a kernel share: each source is watched once, for as long as anybody looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from course.api.informer import Informer, Source


@dataclass
class _Shared:
    informer: Informer
    listeners: list[Callable[[], None]] = field(default_factory=list)


class Informers:
    """The informers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: dict[Source, _Shared] = {}

    def listen(self, source: Source, changed: Callable[[], None]) -> Informer:
        """The informer of a source, running; `changed` is called from its thread after each change."""
        with self._lock:
            shared = self._shared.get(source)
            if shared is None:
                shared = _Shared(Informer(source, lambda: self._tell(source)))
                self._shared[source] = shared
                shared.informer.start()
            shared.listeners.append(changed)
            return shared.informer

    def leave(self, source: Source, changed: Callable[[], None]) -> None:
        """Listen no more; the last one to leave ends the watch."""
        with self._lock:
            shared = self._shared.get(source)
            if shared is None or changed not in shared.listeners:
                return
            shared.listeners.remove(changed)
            if shared.listeners:
                return
            del self._shared[source]
        shared.informer.stop()

    def watched(self) -> list[Source]:
        """What is being watched."""
        with self._lock:
            return list(self._shared)

    def _tell(self, source: Source) -> None:
        with self._lock:
            shared = self._shared.get(source)
            listeners = list(shared.listeners) if shared else []
        for changed in listeners:
            changed()
