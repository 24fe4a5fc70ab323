"""The map of the cluster: its nodes, and on each of them the Pods by namespace, with how they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import crc32

from course import kubectl
from course.api import Source
from course.language import _, later
from course.templates import rendered
from course.views.live.pod_status import MARKS, Mood, is_ready, mood_of, status_of
from course.views.live.view import Item, Seen, View, preformatted

_TEMPLATE = Path(__file__).with_name("cluster_map.html.j2")
_NAMES_UP_TO = 40
"""So many Pods are shown with their names; more of them as signs, whose names come at a pointer or at a press."""
_COLOURS = 8  # of live.css
_LOG_LINES = 30
_ANSWERS_WITHIN = 10.0
MEANINGS = {
    Mood.WELL: later("running and ready"),
    Mood.ON_ITS_WAY: later("not ready yet"),
    Mood.BAD: later("in trouble"),
    Mood.DONE: later("ended well"),
    Mood.ENDING: later("being deleted"),
}


@dataclass(frozen=True)
class Dot:
    """A Pod on the map."""

    uid: str
    name: str
    namespace: str
    status: str
    mood: Mood

    @property
    def mark(self) -> str:
        """Its sign."""
        return MARKS[self.mood]


@dataclass(frozen=True)
class Place:
    """A node with its Pods by namespace; the Pods that are on no node have a place, too."""

    name: str
    state: str
    groups: tuple[tuple[str, tuple[Dot, ...]], ...]

    @property
    def count(self) -> int:
        """How many Pods there are."""
        return sum(len(dots) for _namespace, dots in self.groups)


class ClusterMap(View):
    """The nodes with their Pods.

    Args:
        namespace: only its Pods; empty: those of all namespaces.
    """

    def __init__(self, namespace: str = "") -> None:
        self.namespace = namespace

    def sources(self) -> dict[str, Source]:
        """Nodes and Pods."""
        return {"nodes": Source("nodes"), "pods": Source("pods", self.namespace)}

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """A box for each node, in it a row for each namespace."""
        places = _places(seen)
        count = sum(place.count for place in places)
        return rendered(
            _TEMPLATE, places=places, live=live, named=count <= _NAMES_UP_TO, count=count,
            colour=colour, moods=[(mood, MARKS[mood], words) for mood, words in MEANINGS.items()],
        )  # fmt: skip

    def words(self, seen: Seen, now: datetime) -> str:
        """A line for each node and namespace."""
        lines = []
        for place in _places(seen):
            lines.append(f"{place.name} ({place.state})" if place.state else place.name)
            for namespace, dots in place.groups:
                lines.append(f"  {namespace}: " + ", ".join(f"{d.name} {d.status}" for d in dots))
        return "\n".join(lines)

    def told(self, what: str) -> str:
        """What kubectl says of a Pod that was pressed."""
        match what.split("/"):
            case ["pod", namespace, name]:
                return _described(namespace, name)
        return ""


def _described(namespace: str, name: str) -> str:
    pod, scope = f"pod/{name}", f"--namespace={namespace}"
    described = kubectl.run(["describe", pod, scope], deadline=_ANSWERS_WITHIN)
    logs = ["logs", pod, scope, "--all-containers", "--prefix", f"--tail={_LOG_LINES}"]
    logged = kubectl.run(logs, deadline=_ANSWERS_WITHIN)
    return preformatted(
        f"kubectl logs {name} -n {namespace}", logged.stdout + logged.stderr or _("(no output)")
    ) + preformatted(
        f"kubectl describe pod {name} -n {namespace}", described.stdout or described.stderr
    )


def colour(namespace: str) -> int:
    """The number of a namespace's colour: the same in every view, and after every restart."""
    return crc32(namespace.encode()) % _COLOURS


def _places(seen: Seen) -> list[Place]:
    by_node: dict[str, list[Item]] = defaultdict(list)
    for pod in seen["pods"]:
        by_node[pod["spec"].get("nodeName", "")].append(pod)
    nodes = sorted(seen["nodes"], key=lambda node: node["metadata"]["name"])
    places = [
        Place(
            name, _("ready") if is_ready(node) else _("not ready"), _groups(by_node.pop(name, []))
        )
        for node in nodes
        for name in [node["metadata"]["name"]]
    ]
    waiting = by_node.pop("", [])
    places += [Place(name, _("gone"), _groups(pods)) for name, pods in sorted(by_node.items())]
    return [*places, Place(_("On no node yet"), "", _groups(waiting))] if waiting else places


def _groups(pods: Sequence[Item]) -> tuple[tuple[str, tuple[Dot, ...]], ...]:
    groups: dict[str, list[Dot]] = defaultdict(list)
    for pod in pods:
        meta = pod["metadata"]
        dot = Dot(meta["uid"], meta["name"], meta["namespace"], status_of(pod), mood_of(pod))
        groups[dot.namespace].append(dot)
    return tuple((namespace, tuple(sorted(dots, key=lambda dot: dot.name)))
                 for namespace, dots in sorted(groups.items()))  # fmt: skip
