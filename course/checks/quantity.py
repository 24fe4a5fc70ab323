"""Amounts as Kubernetes writes them: 500m, 1.5, 2Gi, 1e3. 1000m and 1 are the same amount."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from course.checks.match import Predicate

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)},
}


def parse(text: Any) -> Fraction:
    """The amount as a number; ValueError where it is none."""
    word = str(text).strip()
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if word.endswith(suffix):
            return Fraction(word.removesuffix(suffix)) * _SUFFIXES[suffix]
    return Fraction(word)


def same(one: Any, other: Any) -> bool:
    """Whether two texts are the same amount."""
    try:
        return parse(one) == parse(other)
    except ValueError:
        return False


def amount(text: Any) -> Predicate:
    """A value that is this amount, however it is written."""
    parse(text)
    return Predicate(str(text), lambda value: value is not None and same(value, text))
