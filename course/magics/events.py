"""`%events`: what happened to an object, or in a namespace, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from course import kubectl
from course.kubectl import CommandError
from course.language import _, later
from course.magics import ages, display, hints, tables
from course.magics.line import MagicError, own_words, parse

Event = dict[str, Any]
_USAGE = later("%events [NAME | KIND/NAME | KIND NAME] [-n NAMESPACE | -A]")
_COLUMNS = ("AGE", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE")


def show(line: str, variables: Mapping[str, Any]) -> None:
    """Show the events that a line asks for.

    Raises:
        MagicError: the line cannot be understood.
        CommandError: kubectl failed.
    """
    _options, words = parse(line, variables)
    argv, everywhere = _argv(words)
    done = kubectl.run(argv)
    try:
        events = json.loads(done.check().stdout)["items"]
    except CommandError as failure:
        failure.next_step = failure.next_step or hints.of(failure)
        raise
    if not events:
        display.write(_("There are no events: the cluster keeps them for one hour.") + "\n")
        return
    table = as_table(sorted(events, key=_order), datetime.now(UTC), everywhere=everywhere)
    display.publish(tables.as_text(table), {"text/html": tables.as_html([table])})


def as_table(events: list[Event], now: datetime, *, everywhere: bool = False) -> tables.Table:
    """The events as a table, in their order.

    Args:
        events: as the API has them.
        now: what ages are counted up to.
        everywhere: with the namespace of each.
    """
    first = ("NAMESPACE",) if everywhere else ()
    rows = [
        (
            *((one["metadata"]["namespace"],) if everywhere else ()),
            ages.since(_last(one), now),
            one.get("type", ""),
            one.get("reason", ""),
            _object(one["involvedObject"]),
            str(one.get("series", {}).get("count") or one.get("count") or 1),
            " ".join(one.get("message", "").split()),
        )
        for one in events
    ]
    return tables.Table((*first, *_COLUMNS), tuple(rows))


def _argv(words: list[str]) -> tuple[list[str], bool]:
    """The kubectl command for a line's words, and whether it is about all namespaces."""
    scope: list[str] = []
    named: list[str] = []
    left = iter(own_words(words))
    for word in left:
        if word in {"-n", "--namespace"}:
            scope = ["--namespace", next(left, "")]
        elif word in {"-A", "--all-namespaces"} or word.startswith(("-n=", "--namespace=")):
            scope = [word]
        elif word.startswith("-"):
            raise MagicError(_("%events has no option {word}.", word=word), _(_USAGE))
        else:
            named.append(word)
    output = ["--output", "json"]
    everywhere = bool({"-A", "--all-namespaces"}.intersection(scope))
    match named:
        case []:
            return ["get", "events", *scope, *output], everywhere
        case [name] if "/" not in name:
            chosen = ["--field-selector", f"involvedObject.name={name}"]
            return ["get", "events", *chosen, *scope, *output], everywhere
        case [_one] | [_one, _]:
            # It knows the kinds' short names, and asks for an object that may be gone by now.
            return ["events", "--for", "/".join(named), *scope, *output], everywhere
    raise MagicError(_("%events takes one object."), _(_USAGE))


def _last(event: Event) -> str:
    """When it was last seen; both APIs of events, the old and the new, are in use."""
    series = event.get("series") or {}
    moments = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return next(str(moment) for moment in moments if moment)


def _order(event: Event) -> tuple[str, str]:
    """By the second when it was last seen; within one, by the name, which ends with the time of its making."""
    return _last(event)[: len("2026-01-31T12:00:00")], event["metadata"]["name"].rpartition(".")[2]


def _object(ref: Mapping[str, str]) -> str:
    return f"{ref.get('kind', '').lower()}/{ref.get('name', '')}"
