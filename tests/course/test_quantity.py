"""Amounts: two ways to write one are the same."""

from __future__ import annotations

import pytest

from course.checks.quantity import amount, parse, same


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "1000m"), ("0.5", "500m"), ("1Gi", "1024Mi"), ("1k", "1000"), (4, "4"), ("1e3", "1k")],
)
def test_amounts_that_are_the_same(one: object, other: object) -> None:
    assert same(one, other)
    assert amount(one).holds(other)


@pytest.mark.parametrize(("one", "other"), [("500", "500m"), ("1Gi", "1G"), ("many", "1"), (2, 3)])
def test_amounts_that_are_not(one: object, other: object) -> None:
    assert not same(one, other)


def test_what_is_no_amount_is_an_error() -> None:
    with pytest.raises(ValueError, match="many"):
        parse("many")
    assert not amount("1").holds(None)
