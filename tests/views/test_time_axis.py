"""The axis of a timeline: short lives as they are, long silences shortened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from course.views.live.time_axis import Axis

ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def test_a_short_life_is_drawn_to_scale() -> None:
    axis = Axis(ZERO, after(8), [after(2), after(4)])
    assert [axis.at(after(at)) for at in (0, 2, 4, 8)] == [0, 20, 40, 80]
    assert not axis.breaks
    assert [label for _place, label in axis.ticks] == ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]


def test_pauses_that_double_are_drawn_as_they_are() -> None:
    pauses = [10, 30, 70, 150, 310, 610]
    axis = Axis(ZERO, after(700), [after(at) for at in pauses])
    assert not axis.breaks
    assert axis.at(after(610)) == 2 * axis.at(after(305))


def test_hours_of_silence_leave_room_for_the_first_seconds() -> None:
    axis = Axis(ZERO, after(3 * 3600), [after(2), after(9)])
    assert axis.at(after(9)) > 8, "the beginning can be seen"
    assert [span for _place, _width, span in axis.breaks] == ["2 h 59 min"]
    assert axis.at(after(3600)) < axis.at(after(7200)) < axis.at(after(3 * 3600)) <= 100
    assert axis.ticks[-1][1] == "3 h"


def test_a_quiet_stretch_grows_without_a_leap_as_it_becomes_too_long() -> None:
    def width(quiet: float) -> float:
        axis = Axis(ZERO, after(9 + quiet), [after(9)])
        return axis.at(after(9 + quiet)) / axis.at(after(9))

    widths = [width(quiet) for quiet in range(55, 66)]
    assert widths == sorted(widths)
    assert max(b - a for a, b in pairwise(widths)) < 0.2
