"""The axis of a timeline: where a moment stands on it, in per cent of its width.

A stretch in which nothing happens, and that is far longer than all the rest, is drawn shorter, with a sign: the first
seconds of a Pod that has run for hours can be seen all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from course.views.live.moments import spoken_span

_ENDS = (10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_TICKS = 8
_AS_LONG = 6
"""A quiet stretch is at most so many times as long as all that is not quiet."""
_SHORTEST = 10.0
_ROOM = 9.0  # per cent between two ticks: their words must fit


@dataclass(frozen=True)
class _Stretch:
    start: float
    end: float
    at: float
    width: float

    @property
    def cut(self) -> bool:
        return self.width < self.end - self.start


class Axis:
    """From `zero` to `until`, and on to a round number; `moments` are those at which something happened."""

    def __init__(self, zero: datetime, until: datetime, moments: Iterable[datetime]) -> None:
        self._zero = zero
        self._stretches = _stretches(
            sorted({0.0, self._offset(until), *map(self._offset, moments)})
        )
        last = self._stretches[-1] if self._stretches else _Stretch(0, 0, 0, 0)
        self._last, drawn = last.end, last.at + last.width
        self._end = next((end for end in _ENDS if end >= drawn), drawn * 1.05)
        self._drawn = drawn

    def at(self, when: datetime) -> float:
        """Where a moment is, in per cent from the left."""
        return self._place(self._offset(when))

    @property
    def breaks(self) -> list[tuple[float, float, str]]:
        """The stretches that are drawn shorter: their middles and widths in per cent, and how long they are."""
        return [
            (self._percent(one.at + one.width / 2), self._percent(one.width), spoken_span(one.end - one.start))
            for one in self._stretches if one.cut
        ]  # fmt: skip

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where times are written, and which."""
        step = next(
            (step for step in _STEPS if self._end / step <= _TICKS), int(self._end / _TICKS)
        )
        parts = [(one.start, one.end) for one in self._stretches if not one.cut]
        ends = {one.end for one in self._stretches if one.cut}
        if not ends:
            parts.append((self._last, self._last + self._end - self._drawn))
        wanted = ends | {
            float(step * index)
            for start, end in parts
            for index in range(int(-(-start // step)), int(end / step) + 1)
        }
        ticks: list[tuple[float, str]] = []
        for offset in sorted(wanted):
            place = self._place(offset)
            if not ticks or place - ticks[-1][0] >= _ROOM:
                ticks.append((place, spoken_span(offset)))
        return ticks

    def _offset(self, when: datetime) -> float:
        return max(0.0, (when - self._zero).total_seconds())

    def _place(self, offset: float) -> float:
        for one in self._stretches:
            if offset <= one.end:
                share = (offset - one.start) / (one.end - one.start)
                return self._percent(one.at + share * one.width)
        return self._percent(self._drawn + offset - self._last)

    def _percent(self, drawn: float) -> float:
        return round(100 * drawn / self._end, 2)


def _stretches(offsets: list[float]) -> list[_Stretch]:
    gaps = list(pairwise(offsets))
    lengths = sorted(end - start for start, end in gaps)
    busy, most = 0.0, float("inf")
    for index, length in enumerate(lengths):
        limit = _AS_LONG * max(busy, _SHORTEST)
        if length > limit:
            most = limit / (len(lengths) - index)
            break
        busy += length
    found, at = [], 0.0
    for start, end in gaps:
        width = min(end - start, most)
        found.append(_Stretch(start, end, at, width))
        at += width
    return found
