"""The life of a Pod: a timeline of what it and its containers were doing, and beneath it what happened, in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course import kubectl
from course.api import Source
from course.language import _
from course.templates import rendered
from course.views.live import pod_lanes, pod_rows
from course.views.live.life import Life, Lives
from course.views.live.moments import seconds, spoken_span
from course.views.live.pod_lanes import WORDS, Bar, Doing
from course.views.live.pod_rows import BAD, SIGNS, Row
from course.views.live.pod_status import MARKS, Mood, mood_of, status_of
from course.views.live.time_axis import Axis
from course.views.live.view import Seen, View, preformatted

_TEMPLATE = Path(__file__).with_name("pod_life.html.j2")
_ANSWERS_WITHIN = 10.0
_LOG_LINES = 30
_LETTER = 1.3
"""How wide a letter of a flag is, in per cent of a track, where that is narrow."""

_SPANS = 2  # so many groups of numbers stand on one flag


@dataclass(frozen=True)
class Flag:
    """The numbers of rows, at their place on a lane; those that would hide each other share one."""

    at: float
    numbers: tuple[int, ...]
    bad: bool

    @property
    def label(self) -> str:
        """The numbers: `3`, `3–5`, `3, 5–6`; where they are scattered, `3…9`."""
        spans: list[list[int]] = []
        for number in self.numbers:
            if spans and spans[-1][-1] == number - 1:
                spans[-1][1:] = [number]
            else:
                spans.append([number])
        if len(spans) > _SPANS:
            return f"{self.numbers[0]}…{self.numbers[-1]}"
        return ", ".join("–".join(map(str, span)) for span in spans)

    @property
    def right(self) -> float:
        """Where it ends, roughly."""
        return self.at + (len(self.label) + 2 + self.bad) * _LETTER


@dataclass(frozen=True)
class Lane:
    """The Pod, or a container, and what it was doing."""

    name: str
    bars: Sequence[Bar]
    flags: Sequence[Flag]
    again: Sequence[float]


@dataclass(frozen=True)
class Picture:
    """One life, ready to be drawn."""

    life: Life
    until: datetime
    axis: Axis
    lanes: Sequence[Lane]
    rows: Sequence[Row]

    @property
    def mood(self) -> Mood:
        """How the Pod is."""
        return mood_of(self.life.pod) if self.life.alive and self.life.pod else Mood.DONE

    @property
    def mark(self) -> str:
        """The sign of that."""
        return MARKS[self.mood]

    @property
    def state(self) -> str:
        """How it is, in a few words."""
        age = spoken_span(seconds(self.until - self.life.born))
        if self.life.alive and self.life.pod:
            return _("{status}, {span} old", status=status_of(self.life.pod), span=age)
        if self.life.gone:
            return _("deleted after {span}", span=age)
        return _("gone; only its events are left")

    @property
    def looks(self) -> list[Doing]:
        """What is in the picture, for its legend."""
        there = {bar.doing for lane in self.lanes for bar in lane.bars}
        return [doing for doing in Doing if doing in there]

    def since(self, when: datetime) -> str:
        """How long after the beginning."""
        return spoken_span(seconds(when - self.life.born))


class PodLife(View):
    """The life of one Pod, from its creation to its end; it need not be there yet.

    Args:
        name: the Pod's.
        namespace: the one that it is in.
    """

    tick = 1.0

    def __init__(self, name: str, namespace: str = "default") -> None:
        self.name, self.namespace = name, namespace
        self._lives, self._lock = Lives(), threading.Lock()

    def sources(self) -> dict[str, Source]:
        """The Pod of this name, and the events about it."""
        about = f"involvedObject.kind=Pod,involvedObject.name={self.name}"
        about += f",involvedObject.namespace={self.namespace}"
        return {
            "pods": Source("pods", self.namespace, fields=f"metadata.name={self.name}"),
            "events": Source("events", self.namespace, fields=about),
        }

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """A lane for the Pod and for each container, above the list; what was before it under the name, folded."""
        pictures = self._pictures(seen, now)
        return rendered(
            _TEMPLATE, view=self, now=pictures[-1] if pictures else None, before=pictures[-2::-1],
            live=live, words=WORDS, bad=BAD, signs=SIGNS,
        )  # fmt: skip

    def words(self, seen: Seen, now: datetime) -> str:
        """A line for each thing that happened."""
        pictures = self._pictures(seen, now)
        lines = [_("Pod {name} in namespace {namespace}", name=self.name, namespace=self.namespace)]
        if not pictures:
            lines.append(_("There is no such Pod yet."))
        for number, picture in enumerate(pictures, 1):
            if len(pictures) > 1:
                lines.append(_("Pod {n} of this name:", n=number))
            lines += [picture.state, *_lines(picture)]
        return "\n".join(lines)

    def told(self, what: str) -> str:
        """What kubectl says of the container that was pressed: its logs, and those of its run before."""
        _word, container = what.split("/")
        asked = [
            "logs",
            self.name,
            "--namespace",
            self.namespace,
            f"--container={container}",
            f"--tail={_LOG_LINES}",
        ]
        now = kubectl.run(asked, deadline=_ANSWERS_WITHIN)
        before = kubectl.run([*asked, "--previous"], deadline=_ANSWERS_WITHIN)
        line = f"kubectl logs {self.name} -n {self.namespace} -c {container}"
        said = preformatted(line, now.stdout + now.stderr or _("(no output)"))
        if before.status == 0:
            said += preformatted(f"{line} --previous", before.stdout or _("(no output)"))
        return said

    def _pictures(self, seen: Seen, now: datetime) -> list[Picture]:
        with self._lock:  # what shows it and what draws it still may both ask
            return [_picture(life, now) for life in self._lives.take(seen, now)]


def _picture(life: Life, now: datetime) -> Picture:
    until = life.until(now)
    rows = pod_rows.rows(life)
    moments = [time for row in rows for time in row.times] + [run.began for run in life.runs()]
    axis = Axis(life.born, until, moments)
    bars = {"": pod_lanes.of_pod(life, until)}
    bars |= {name: pod_lanes.of_container(life, name, until) for name in life.containers()}
    lanes = [
        Lane(name, found, _flags(rows, name, axis), _again(rows, name, axis))
        for name, found in bars.items()
    ]
    return Picture(life, until, axis, lanes, rows)


def _flags(rows: Sequence[Row], about: str, axis: Axis) -> list[Flag]:
    flags: list[Flag] = []
    for number, row in enumerate(rows, 1):
        if row.about == about:
            flag = Flag(axis.at(row.time), (number,), row.tone == BAD)
            if flags and flags[-1].right > flag.at:
                before = flags.pop()
                flag = Flag(before.at, (*before.numbers, number), before.bad or flag.bad)
            flags.append(flag)
    return flags


def _again(rows: Sequence[Row], about: str, axis: Axis) -> list[float]:
    """Where things happened that had happened before."""
    return sorted({axis.at(time) for row in rows if row.about == about for time in row.times[1:]})


def _lines(picture: Picture) -> Iterator[str]:
    for row in picture.rows:
        about = f" {row.about}:" if row.about else ""
        times = f" ×{row.count}" if row.count > 1 else ""
        words = f" ({row.words})" if row.words else ""
        yield f"  {picture.since(row.time):>8} {row.sign}{about} {row.title}{words}{times}"
