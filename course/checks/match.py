"""Partial match: does an object hold at least what a pattern says?

- a mapping matches when each key of the pattern matches; other keys do not matter;
- a list matches when each item of the pattern matches some item, in any order; items that carry a `name`
  are compared with the item of that name;
- `None` says that there must be nothing; `...` that there must be something;
- a `Predicate` says itself; anything else must be equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.language import _


class _Missing:
    def __repr__(self) -> str:
        return _("nothing")


MISSING: Any = _Missing()


@dataclass(frozen=True)
class Predicate:
    """A test of one value, with the words that say what it wants."""

    wants: str
    holds: Callable[[Any], bool]

    def __repr__(self) -> str:
        return self.wants


@dataclass(frozen=True)
class Mismatch:
    """One place where an object is not as the pattern says."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return _(
            "{path}: expected {expected}, found {found}",
            path=self.path,
            expected=self.expected,
            found=self.found,
        )


def at_least(least: float) -> Predicate:
    """A number that is not smaller."""
    return Predicate(
        _("at least {least:g}", least=least),
        lambda value: isinstance(value, int | float) and value >= least,
    )


def either(*values: Any) -> Predicate:
    """One of several values."""
    return Predicate(_(" or ").join(show(value) for value in values), lambda value: value in values)


def pattern(regex: str) -> Predicate:
    """A text in which the regular expression is found."""
    found = re.compile(regex).search
    return Predicate(
        _("a text like {pattern}", pattern=regex),
        lambda value: isinstance(value, str) and bool(found(value)),
    )


def show(value: Any) -> str:
    """A value as a message shows it: short, and plain where it is plain."""
    if value is MISSING or value is None:
        return _("nothing")
    if value is ...:
        return _("any value")
    if isinstance(value, str):
        return value if value.isprintable() and value else repr(value)
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def compare(actual: Any, wanted: Any, path: str = "") -> list[Mismatch]:
    """All places where `actual` is not as `wanted` says; empty where it matches."""
    if isinstance(wanted, Predicate):
        held = actual is not MISSING and wanted.holds(actual)
        return [] if held else [Mismatch(path, wanted.wants, show(actual))]
    if wanted is None or wanted is ...:
        there = actual is not MISSING and actual is not None
        return [] if there == (wanted is ...) else [Mismatch(path, show(wanted), show(actual))]
    if isinstance(wanted, Mapping):
        if not isinstance(actual, Mapping):
            return [Mismatch(path, show(wanted), show(actual))]
        return [
            mismatch
            for key, value in wanted.items()
            for mismatch in compare(
                actual.get(key, MISSING), value, f"{path}.{key}" if path else str(key)
            )
        ]
    if isinstance(wanted, Sequence) and not isinstance(wanted, str | bytes):
        return [mismatch for item in wanted for mismatch in _in_list(actual, item, path)]
    return (
        []
        if actual == wanted and type(actual) is type(wanted)
        else [Mismatch(path, show(wanted), show(actual))]
    )


def _in_list(actual: Any, item: Any, path: str) -> list[Mismatch]:
    """The mismatches of the item that comes nearest to what is wanted."""
    if not isinstance(actual, Sequence) or isinstance(actual, str | bytes) or not actual:
        return [Mismatch(path, _("an item {item}", item=show(item)), show(actual))]
    name = item.get("name") if isinstance(item, Mapping) else None
    if isinstance(name, str):
        named = [
            entry for entry in actual if isinstance(entry, Mapping) and entry.get("name") == name
        ]
        if not named:
            names = ", ".join(
                str(entry.get("name")) for entry in actual if isinstance(entry, Mapping)
            )
            return [
                Mismatch(path, _("an item named {name}", name=name), _("only {names}", names=names))
            ]
        return compare(named[0], item, f"{path}[{name}]")
    tries = [compare(entry, item, f"{path}[{index}]") for index, entry in enumerate(actual)]
    return min(tries, key=len)
