"""The objects of one kind, kept as the API has them: listed once, then watched.

The standard way of Kubernetes' own clients: a list, then a watch from the list's version on; where the server has
forgotten that version (410), a list again. What `kubernetes.informer` does, which makes a model of every object and
asks a server that is gone again and again without a pause.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import quote

from course.api.client import JSON, ApiError, Client, Followed

Item = dict[str, Any]
_GROUPS = {
    "pods": "/api/v1",
    "nodes": "/api/v1",
    "namespaces": "/api/v1",
    "services": "/api/v1",
    "events": "/api/v1",
    "resourcequotas": "/api/v1",
    "limitranges": "/api/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}
_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between two tries to reach a cluster that was lost; the last one again and again."""
_GONE = 410


class State(StrEnum):
    """How an informer and the cluster are with each other."""

    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Source:
    """What an informer watches.

    Attributes:
        kind: the plural that the API has for it: `pods`.
        namespace: empty: all of them, or a kind that is in none.
        labels, fields: selectors, as kubectl takes them.
    """

    kind: str
    namespace: str = ""
    labels: str = ""
    fields: str = ""
    accept: ClassVar[str] = JSON

    @property
    def path(self) -> str:
        """Where the API has them."""
        scope = f"/namespaces/{quote(self.namespace, safe='')}" if self.namespace else ""
        return f"{_GROUPS[self.kind]}{scope}/{self.kind}"

    @property
    def query(self) -> dict[str, str]:
        """The selectors, as the API takes them."""
        both = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {name: value for name, value in both.items() if value}

    def listed(self, answer: Item) -> list[Item]:
        """The objects that a list holds."""
        return list(answer["items"])

    def told(self, changed: Item) -> Item:
        """The object that an event is about."""
        return changed


class Informer:
    """Watches one source in a thread of its own, from `start` to `stop`.

    Args:
        source: what.
        changed: called, from that thread, after each change of the items or of the state.
    """

    def __init__(self, source: Source, changed: Callable[[], None]) -> None:
        self.source, self._changed = source, changed
        self.state, self.problem = State.CONNECTING, ""
        self._items: dict[str, Item] = {}
        self._version = ""
        self._lock = threading.Lock()
        self._stopped, self._listed = threading.Event(), threading.Event()
        self._followed: Followed | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"kubelab-watch-{source.kind}", daemon=True
        )

    def start(self) -> None:
        """Begin; the items come when the API has answered."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch, at once; the items stay as they were."""
        with self._lock:
            self._stopped.set()
            followed = self._followed
        if followed is not None:
            followed.close()

    def items(self) -> list[Item]:
        """The objects as they are now."""
        with self._lock:
            return list(self._items.values())

    @property
    def listed(self) -> bool:
        """Whether the first list has come."""
        return self._listed.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether the first list has come, within so many seconds."""
        return self._listed.wait(seconds)

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                # The kubeconfig is read again: a cluster that was made anew has other keys.
                client = Client()
                try:
                    self._list(client)
                    failures = 0
                    while not self._stopped.is_set():
                        self._follow(client)
                finally:
                    client.close()
            except ApiError as problem:
                if self._stopped.is_set():
                    break
                if problem.status != _GONE:
                    self._lost(problem)
                    self._stopped.wait(_PAUSES[min(failures, len(_PAUSES) - 1)])
                    failures += 1
        self.state = State.STOPPED

    def _list(self, client: Client) -> None:
        source = self.source
        listed = client.get(source.path, accept=source.accept, **source.query)
        items = {one["metadata"]["uid"]: _slim(one) for one in source.listed(listed)}
        with self._lock:
            self._items = items
        self._version = listed["metadata"]["resourceVersion"]
        self.state, self.problem = State.LIVE, ""
        self._listed.set()
        self._changed()

    def _follow(self, client: Client) -> None:
        source = self.source
        since = {"resourceVersion": self._version, "allowWatchBookmarks": "true"}
        followed = client.follow(source.path, accept=source.accept, **since, **source.query)
        with self._lock:
            self._followed = followed
            over = self._stopped.is_set()
        try:
            for event in () if over else followed:
                self._take(event)
        finally:
            with self._lock:
                self._followed = None
            followed.release()

    def _take(self, event: dict[str, Any]) -> None:
        self._version = event["object"]["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        item = self.source.told(event["object"])
        with self._lock:
            if event["type"] == "DELETED":
                self._items.pop(item["metadata"]["uid"], None)
            else:
                self._items[item["metadata"]["uid"]] = _slim(item)
        self._changed()

    def _lost(self, problem: ApiError) -> None:
        changed = (self.state, self.problem) != (State.RECONNECTING, str(problem))
        self.state, self.problem = State.RECONNECTING, str(problem)
        if changed:
            self._changed()


def _slim(item: Item) -> Item:
    """The object without what no view shows, and what makes up half of it."""
    item["metadata"].pop("managedFields", None)
    notes = item["metadata"].get("annotations", {})
    notes.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return item
