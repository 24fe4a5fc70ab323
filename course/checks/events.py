"""What the cluster told about an object: its events."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from course import api
from course.checks import cause
from course.checks.failure import CheckFailed
from course.language import _
from course.patience import clock

if TYPE_CHECKING:
    from course.checks.objects import Object


def event(about: Object, reason: str, *, contains: str = "", within: float) -> dict[str, Any]:
    """There is an event of this reason about the object as it is now, or one comes within the time.

    Args:
        about: the object; events of an earlier one of its name do not count.
        reason: as the cluster writes it: `FailedScheduling`, `Pulled`, `BackOff`, …
        contains: a text that its message must hold.
        within: seconds.

    Raises:
        CheckFailed: there was none, with the reasons that there were.
    """
    item = about.get()
    selector = f"involvedObject.uid={item['metadata']['uid']}"
    space = about.namespace or "default"  # where events about objects without a namespace are
    seen: list[dict[str, Any]] = []
    end = clock() + within
    for one in api.get_all("events", space, fields=selector):
        seen.append(one)
        if _is(one, reason, contains):
            return one
    if (left := end - clock()) > 0:
        with closing(api.watch("events", "", space, left, fields=selector)) as told:
            for _kind, one in told:
                seen.append(one)
                if _is(one, reason, contains):
                    return one
    wanted = (
        _("an event {reason} that says “{text}”", reason=reason, text=contains)
        if contains
        else _("an event {reason}", reason=reason)
    )
    wanted += _(" within {seconds:g} s", seconds=within)
    look = f"kubectl events --for {about.kind}/{about.name} -n {space}"
    raise CheckFailed(str(about), wanted, _found(seen), cause.of(item)[0], look)


def _is(one: Mapping[str, Any], reason: str, contains: str) -> bool:
    return one.get("reason") == reason and contains in (one.get("message") or "")


def _found(seen: list[dict[str, Any]]) -> str:
    reasons = list(dict.fromkeys(str(one.get("reason", "")) for one in seen))
    if not reasons:
        return _("no event about it")
    return _("only {reasons}", reasons=", ".join(reasons))
