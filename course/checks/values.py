"""What an answer says: one value of a student's data, compared with what is right."""

from __future__ import annotations

from typing import Any

from course.checks.answers import answer
from course.checks.failure import CheckFailed
from course.checks.match import Predicate, show
from course.language import _


def value(name: str, *keys: str | int) -> Any:
    """The student's variable, or what lies in it at the keys: `value("full", "a")` is `full["a"]`.

    Raises:
        CheckFailed: there is no answer, or nothing at that place.
    """
    found = answer(name)
    at = name
    for key in keys:
        inside = f"{at}[{key!r}]"
        try:
            found = found[key]
        except (KeyError, IndexError, TypeError):
            has = show(found if not isinstance(found, dict) else sorted(found))
            raise CheckFailed(
                _("Answer {name}", name=inside),
                _("your answer"),
                _("nothing"),
                _("{name} has {keys}", name=at, keys=has),
                f"print({at})",
            ) from None
        at = inside
        if found is None:
            about = _("Answer {name}", name=at)
            raise CheckFailed(about, _("your answer"), _("no answer yet"), look=f"print({at})")
    return found


def says(name: str, *keys: str | int, wanted: Any, because: str = "") -> Any:
    """The value at the keys is the wanted one, of the same type; returns it.

    Args:
        name: the student's variable.
        keys: where in it.
        wanted: the value, or a Predicate.
        because: why it is the right one, for whoever gave another.
    """
    found = value(name, *keys)
    held = wanted.holds(found) if isinstance(wanted, Predicate) else _same(found, wanted)
    if not held:
        label = name + "".join(f"[{key!r}]" for key in keys)
        words = wanted.wants if isinstance(wanted, Predicate) else show(wanted)
        about = _("Answer {name}", name=label)
        raise CheckFailed(about, words, show(found), because, f"print({label})")
    return found


def exactly(*items: Any) -> Predicate:
    """A list of just these, in any order."""
    wanted = sorted(map(repr, items))
    return Predicate(
        _("a list of just {items}", items=", ".join(show(item) for item in items)),
        lambda found: isinstance(found, list) and sorted(map(repr, found)) == wanted,
    )


def is_mapping(name: str, *keys: str) -> None:
    """The answer is a dictionary with a value at each of the keys."""
    found = answer(name)
    if not isinstance(found, dict):
        raise CheckFailed(
            _("Answer {name}", name=name), _("a dictionary"), show(found), look=f"print({name})"
        )
    for key in keys:
        value(name, key)


def _same(found: Any, wanted: Any) -> bool:
    """Equal, and of one type: True is not 1."""
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return type(found) is type(wanted) and bool(found == wanted)
