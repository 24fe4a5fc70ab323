"""Ages as kubectl writes them."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def since(moment: str, now: datetime) -> str:
    """How long ago a moment of the API was, `2026-01-31T12:00:00Z`; with a fraction of a second or without."""
    then = datetime.fromisoformat(moment)
    return age((now - then.replace(tzinfo=then.tzinfo or UTC)).total_seconds())


def age(seconds: float) -> str:
    """Seconds as kubectl writes them: the rules of HumanDuration in k8s.io/apimachinery/pkg/util/duration."""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two(whole, _YEAR, "y", _DAY, "d")
    return f"{whole // _YEAR}y"


def _two(whole: int, unit: int, sign: str, small: int, small_sign: str) -> str:
    rest = whole % unit // small
    return f"{whole // unit}{sign}" + (f"{rest}{small_sign}" if rest else "")
