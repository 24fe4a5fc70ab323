"""Answers that choose some of several things, or name one: what is missing in them, and what is too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from course.checks.answers import answer
from course.checks.failure import CheckFailed
from course.checks.match import compare
from course.language import _


def names_all(variable: str, right: Iterable[str]) -> None:
    """The variable, a list of texts, names all that are right."""
    given, wanted = _listed(variable), sorted(right)
    if missing := [one for one in wanted if one not in given]:
        raise CheckFailed(
            _("Variable {name}", name=variable),
            _("all of {names}", names=", ".join(wanted)),
            _("that {names} is missing", names=", ".join(missing)),
            look=f"print({variable})",
        )


def names_only(variable: str, right: Iterable[str]) -> None:
    """The variable, a list of texts, names something, and nothing that is wrong."""
    given, wanted = _listed(variable), set(right)
    about, look = _("Variable {name}", name=variable), f"print({variable})"
    if not given:
        raise CheckFailed(about, _("at least one entry"), _("an empty list"), look=look)
    if wrong := [one for one in given if one not in wanted]:
        raise CheckFailed(
            about,
            _("nothing but {names}", names=", ".join(sorted(wanted))),
            _("also {names}", names=", ".join(wrong)),
            look=look,
        )


def answer_is(variable: str, wanted: Any) -> None:
    """The variable is what is wanted: a value, or what `course.checks.match` understands."""
    if wrong := compare(answer(variable), wanted, variable):
        raise CheckFailed(
            _("Variable {name}", name=variable),
            wrong[0].expected,
            wrong[0].found,
            look=f"print({variable})",
        )


def _listed(variable: str) -> list[str]:
    given = answer(variable)
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise CheckFailed(
            _("Variable {name}", name=variable),
            _("a list of texts, such as {example}", example='["A", "B"]'),
            repr(given)[:120],
            look=f"print({variable})",
        )
    return given
