"""Readiness, and whether it lasts.

A container without a readiness probe counts as ready the moment that it has started. One that ends at
once is ready for that moment, and again at every restart: a look at the right time would believe it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from course.checks.match import Mismatch
from course.language import _

# Seconds for which an object must have been ready. The kubelet takes about one to see a container's end.
STEADY = 3.0


def condition_of(kind: str) -> str:
    """The condition that says that an object of a kind does its work."""
    return "Available" if kind in {"deployment", "deploy"} else "Ready"


def judge(kind: str) -> Callable[[dict[str, Any]], list[Mismatch]]:
    """What keeps an object of a kind from being ready; empty where nothing does."""
    name = condition_of(kind)

    def not_ready(item: dict[str, Any]) -> list[Mismatch]:
        what = _("condition {name}", name=name)
        if "deletionTimestamp" in item["metadata"]:
            return [Mismatch(what, "True", _("an object that is being deleted"))]
        condition = _condition(item, name)
        if condition is None:
            return [Mismatch(what, "True", _("no such condition yet"))]
        if condition["status"] == "True":
            return []
        reason = condition.get("reason") or _("no reason given")
        return [Mismatch(what, "True", f"{condition['status']} ({reason})")]

    return not_ready


def seconds_left(item: dict[str, Any], kind: str, steady: float = STEADY) -> float:
    """How long an object that is ready has yet to be so, to have been so for `steady` seconds."""
    since = (_condition(item, condition_of(kind)) or {}).get("lastTransitionTime")
    if not since:
        return steady
    lasted = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    # The API writes whole seconds, and the cluster's clock may not be ours: at most the whole time.
    return max(0.0, min(steady, steady + 1 - lasted))


def _condition(item: dict[str, Any], name: str) -> dict[str, Any] | None:
    conditions = item.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == name), None)
