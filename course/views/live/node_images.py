"""The images on each node, which Pods use them, and what the registry mirror was asked for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Hashable
from datetime import datetime
from pathlib import Path

from course import cluster
from course.api import Source
from course.errors import ClusterTimeoutError
from course.language import _
from course.templates import rendered
from course.views.live import mirror
from course.views.live.image_names import familiar, size
from course.views.live.mirror import Counts
from course.views.live.node_stock import Image, Stock, named, stocks
from course.views.live.view import Seen, View, preformatted

_TEMPLATE = Path(__file__).with_name("node_images.html.j2")
_PODS_UP_TO = 6
"""So many Pods of an image are named."""
_NODE_ANSWERS_WITHIN = 15.0
ASK = "node/"


class NodeImages(View):
    """All nodes' images.

    The mirror cannot be watched: it is asked when a Pod, an event or a node's list of images has changed.
    """

    def __init__(self) -> None:
        self._counts: Counts | None = None
        self._asked_at: Hashable = None
        self._asking = threading.Lock()

    def sources(self) -> dict[str, Source]:
        """Nodes, Pods, and the events that tell of pulls."""
        return {
            "nodes": Source("nodes"),
            "pods": Source("pods"),
            "events": Source("events", fields="reason=Pulled"),
        }

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """A table for each node, and one of what the mirror was asked for."""
        counts = self._mirror(seen, live=live)
        return rendered(
            _TEMPLATE, stocks=_stocks(seen, counts), counts=counts, live=live,
            sent=size(counts.bytes) if counts else "", pods=_pods, familiar=familiar,
        )  # fmt: skip

    def words(self, seen: Seen, now: datetime) -> str:
        """A line for each image, and for what the mirror was asked for."""
        counts = self._mirror(seen, live=False)
        lines = []
        for stock in _stocks(seen, counts):
            lines.append(f"{stock.node}: {_summary(stock)}")
            lines += [f"  {_line(image)}" for image in stock.images]
        return "\n".join([*lines, *_told(counts)])

    def told(self, what: str) -> str:
        """What a node's own runtime says at this moment.

        Raises:
            LabError: the node cannot be asked from here.
        """
        node = what.removeprefix(ASK)
        argv = cluster.current().node_argv(node, ["crictl", "images"])
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=_NODE_ANSWERS_WITHIN,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ClusterTimeoutError(
                _(
                    "{node} did not answer within {seconds:g} s.",
                    node=node,
                    seconds=_NODE_ANSWERS_WITHIN,
                )
            ) from None
        return preformatted(f"{node}: crictl images", done.stdout + done.stderr)

    def _mirror(self, seen: Seen, *, live: bool) -> Counts | None:
        """The mirror's counts; None until it has been asked. A live view is drawn meanwhile, and again then."""
        at = _state(seen)
        if at == self._asked_at:
            return self._counts
        if live:
            if self._asking.acquire(blocking=False):
                threading.Thread(target=self._ask, args=(seen, at), daemon=True).start()
        else:
            self._counts, self._asked_at = mirror.counts(seen["nodes"]), at
        return self._counts

    def _ask(self, seen: Seen, at: Hashable) -> None:
        try:
            self._counts, self._asked_at = mirror.counts(seen["nodes"]), at
        finally:
            self._asking.release()
        self.redraw()


def _state(seen: Seen) -> Hashable:
    """What changes when there may have been a pull."""
    versions = frozenset(
        one["metadata"]["resourceVersion"] for name in ("pods", "events") for one in seen[name]
    )
    return versions, tuple(len(node.get("status", {}).get("images", [])) for node in seen["nodes"])


def _stocks(seen: Seen, counts: Counts | None) -> list[Stock]:
    known = counts or Counts(problem=_("not asked yet"))
    return stocks(seen["nodes"], seen["pods"], seen["events"], known)


def _pods(image: Image) -> str:
    names = list(named(image.pods))
    more = len(names) - _PODS_UP_TO
    return ", ".join(names[:_PODS_UP_TO]) + (_(" and {count} more", count=more) if more > 0 else "")


def _summary(stock: Stock) -> str:
    return _(
        "images: {count}, {size}; as the node reported at {time}",
        count=len(stock.images), size=stock.size, time=stock.reported or "?",
    )  # fmt: skip


def _line(image: Image) -> str:
    parts = [", ".join(image.names), image.size or _("not in the node's report yet")]
    if image.pods:
        parts.append(_("used by {pods}", pods=_pods(image)))
    if image.pulled:
        parts.append(_("pulled: {count}", count=image.pulled))
    if image.present:
        parts.append(_("was here already: {count}", count=image.present))
    if image.loaded:
        parts.append(_("loaded, not pulled"))
    return "; ".join(parts)


def _told(counts: Counts | None) -> list[str]:
    if counts is None:
        return []
    if counts.problem:
        return [_("The mirror does not tell its counts: {problem}", problem=counts.problem)]
    total = _(
        "The mirror: {hits} hits, {misses} misses; {blobs} layers and configurations, {size} sent",
        hits=counts.hits, misses=counts.misses, blobs=counts.blobs, size=size(counts.bytes),
    )  # fmt: skip
    return [total] + [
        f"  {familiar(one.name)}: "
        + _("{hits} hits, {misses} misses", hits=one.hits, misses=one.misses)
        for one in counts.images
    ]
