"""What the registry that stands in for docker.io was asked for, and what it gave: its own counts."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course import door
from course.cluster.machines import MIRROR
from course.language import _
from course.views.live.view import Item

_PORT = 5000
_PATH = "/stats.json"  # as in podling/internal/registry
_WITHIN = 2.0
_AT_MOST = 1 << 20


@dataclass(frozen=True)
class Asked:
    """How often one image was asked for by its name: it was there, or not."""

    name: str
    hits: int
    misses: int


@dataclass(frozen=True)
class Counts:
    """The counts since the registry began, of all nodes together.

    Attributes:
        images: the images that were asked for, by name.
        blobs: layers and configurations that were sent.
        bytes: what was sent in all.
        problem: why the registry did not tell; empty where it did.
    """

    images: tuple[Asked, ...] = ()
    blobs: int = 0
    bytes: int = 0
    problem: str = ""

    @property
    def hits(self) -> int:
        """Requests for images that it has."""
        return sum(one.hits for one in self.images)

    @property
    def misses(self) -> int:
        """Requests for images that it has not."""
        return sum(one.misses for one in self.images)

    def gave(self, names: Sequence[str]) -> bool:
        """Whether it gave an image of one of these names."""
        return any(one.hits and one.name in names for one in self.images)


def counts(nodes: Sequence[Item]) -> Counts:
    """Ask the registry; it has an address of its own in the embedded cluster, and the first node's on kind."""
    problem = ""
    for address in _addresses(nodes):
        try:
            with door.opener().open(f"http://{address}:{_PORT}{_PATH}", timeout=_WITHIN) as reply:
                return _read(json.loads(reply.read(_AT_MOST)))
        except (OSError, ValueError, KeyError, TypeError) as failure:
            problem = str(failure)
    return Counts(problem=problem or _("there is no node yet"))


def _addresses(nodes: Sequence[Item]) -> list[str]:
    if not os.environ.get(door.VARIABLE):
        return [MIRROR[0]]
    role = "node-role.kubernetes.io/control-plane"
    ordered = sorted(nodes, key=lambda node: role not in node["metadata"].get("labels", {}))
    return [
        one["address"]
        for node in ordered
        for one in node.get("status", {}).get("addresses", [])
        if one["type"] == "InternalIP" and ":" not in one["address"]
    ]


def _read(said: dict[str, Any]) -> Counts:
    images = tuple(
        Asked(name, int(one["hits"]), int(one["misses"]))
        for name, one in sorted(said["images"].items())
    )
    return Counts(images, int(said["blobs"]), int(said["bytes"]))
