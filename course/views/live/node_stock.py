"""The images on each node: what the node reports, and what Pods and their events tell before it does."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from course.views.live.image_names import familiar, full, size
from course.views.live.mirror import Counts
from course.views.live.view import Item

_IMAGE = re.compile(r'image "([^"]+)"')
_PULLED = "Successfully pulled"


@dataclass(frozen=True)
class Image:
    """One image on a node.

    Attributes:
        key: what tells it from the node's others.
        names: as people write them.
        bytes: as the node counts them: compressed; 0: it has not been reported yet.
        pods: those on this node that use it, as NAMESPACE/NAME.
        pulled: how often it was fetched for a Pod, by the events that there still are.
        present: how often a Pod found it here.
        loaded: whether neither Pods' events nor the mirror know of a pull.
    """

    key: str
    names: tuple[str, ...]
    bytes: int
    pods: tuple[str, ...]
    pulled: int
    present: int
    loaded: bool

    @property
    def size(self) -> str:
        """Its bytes, readable; empty where they are not known."""
        return size(self.bytes) if self.bytes else ""


@dataclass(frozen=True)
class Stock:
    """A node's images.

    Attributes:
        node: its name.
        reported: when the node last reported, in this machine's time; empty: not yet.
        images: the largest first.
    """

    node: str
    reported: str
    images: tuple[Image, ...]

    @property
    def size(self) -> str:
        """All of them, readable."""
        return size(sum(one.bytes for one in self.images))


def stocks(
    nodes: Sequence[Item], pods: Sequence[Item], events: Sequence[Item], mirror: Counts
) -> list[Stock]:
    """Each node's images."""
    on_node: dict[str, list[Item]] = defaultdict(list)
    for pod in pods:
        on_node[pod["spec"].get("nodeName", "")].append(pod)
    pulled, present = _told_by(events)
    found = []
    for node in sorted(nodes, key=lambda one: one["metadata"]["name"]):
        name = node["metadata"]["name"]
        entries = [
            (tuple(one.get("names") or ()), int(one.get("sizeBytes", 0)))
            for one in node.get("status", {}).get("images", [])
        ]
        used = _used(on_node[name])
        reported = {one for names, _bytes in entries for one in names}
        # What runs here is here, though the node has not reported it yet.
        entries += [
            ((one,), 0) for one in sorted({wanted for wanted, _id, _pod in used} - reported)
        ]
        images = [
            _image(names, count, used, pulled[name], present[name], mirror)
            for names, count in entries
        ]
        images = [one for one in images if one.bytes or one.pods]
        images.sort(key=lambda one: (-one.bytes, one.key))
        found.append(Stock(name, _reported(node), tuple(images)))
    return found


def _image(
    names: tuple[str, ...], count: int, used: list[tuple[str, str, str]],
    pulled: Counter[str], present: Counter[str], mirror: Counts,
) -> Image:  # fmt: skip
    tags = [name for name in names if "@" not in name]
    own = set(names)
    pods = tuple(sorted({pod for wanted, identity, pod in used if {wanted, identity} & own}))
    fetched = sum(pulled[name] for name in names)
    loaded = not (fetched or mirror.problem or mirror.gave(names))
    shown = tuple(familiar(name) for name in tags or [_short(name) for name in names[:1]])
    key = (tags or list(names) or ["?"])[0]
    return Image(key, shown, count, pods, fetched, sum(present[name] for name in names), loaded)


def _used(pods: Sequence[Item]) -> list[tuple[str, str, str]]:
    """(the image's whole name, its identity, the Pod) of each container that has its image."""
    found = []
    for pod in pods:
        meta, status = pod["metadata"], pod.get("status", {})
        wanted = {
            one["name"]: one["image"]
            for one in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
        }
        for one in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
            if one.get("imageID") and one["name"] in wanted:
                name = full(wanted[one["name"]])
                found.append((name, one["imageID"], f"{meta['namespace']}/{meta['name']}"))
    return found


def _told_by(events: Sequence[Item]) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """By node and image, how often kubelet's event `Pulled` told of a pull, and how often of none."""
    pulled: dict[str, Counter[str]] = defaultdict(Counter)
    present: dict[str, Counter[str]] = defaultdict(Counter)
    for node, image, here, count in map(_of_event, events):
        if image:
            (present if here else pulled)[node][full(image)] += count
    return pulled, present


def _of_event(event: Item) -> tuple[str, str, bool, int]:
    node = event.get("source", {}).get("host") or event.get("reportingInstance", "")
    message = event.get("message", "")
    image = _IMAGE.search(message)
    count = event.get("count") or event.get("series", {}).get("count") or 1
    return node, image[1] if image else "", _PULLED not in message, int(count)


def _reported(node: Item) -> str:
    beats = [
        one["lastHeartbeatTime"]
        for one in node.get("status", {}).get("conditions", [])
        if one["type"] == "Ready" and one.get("lastHeartbeatTime")
    ]
    return f"{datetime.fromisoformat(beats[0]).astimezone():%H:%M:%S}" if beats else ""


def _short(name: str) -> str:
    """A name by digest, as much of it as people read."""
    before, at, digest = name.partition("@sha256:")
    return f"{before}@sha256:{digest[:12]}…" if at else name


def named(pods: Sequence[str]) -> Iterator[str]:
    """Pods by their names, those of `default` without it."""
    for pod in pods:
        yield pod.removeprefix("default/")
