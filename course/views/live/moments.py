"""Moments and spans of time, as the API writes them and as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from course.language import _

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def moment(text: str) -> datetime:
    """A time of the API, `2026-01-31T10:00:00Z` or with parts of a second."""
    return datetime.fromisoformat(text)


def second(when: datetime) -> datetime:
    """Without its parts of a second: most of Kubernetes' times have none, and are compared with those that do."""
    return when.replace(microsecond=0)


def seconds(span: timedelta) -> int:
    """Whole seconds, never less than none: two machines' clocks may differ."""
    return max(0, int(span.total_seconds()))


def spoken_span(count: float) -> str:
    """So many seconds, in the two largest units that matter: `12 s`, `2 min 5 s`, `3 h 10 min`."""
    whole = int(count)
    if whole < _MINUTE:
        return _("{n} s", n=whole)
    if whole < _HOUR:
        return _pair(
            _("{n} min", n=whole // _MINUTE), _("{n} s", n=whole % _MINUTE), whole % _MINUTE
        )
    if whole < _DAY:
        rest = whole % _HOUR // _MINUTE
        return _pair(_("{n} h", n=whole // _HOUR), _("{n} min", n=rest), rest)
    rest = whole % _DAY // _HOUR
    return _pair(_("{n} d", n=whole // _DAY), _("{n} h", n=rest), rest)


def _pair(large: str, small: str, count: int) -> str:
    return f"{large} {small}" if count else large
