"""The lanes of a Pod's timeline: what it, and each of its containers, was doing from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from course.language import later
from course.views.live.life import Life, Run


class Doing(StrEnum):
    """What is done; each has a look of its own."""

    NODE = "node"
    STARTING = "starting"
    WAITING = "waiting"
    PULLING = "pulling"
    NO_IMAGE = "no-image"
    RUNNING = "running"
    READY = "ready"
    UNREADY = "unready"
    BACK_OFF = "back-off"
    ENDED = "ended"
    FAILED = "failed"
    ENDING = "ending"
    UNSEEN = "unseen"


WORDS = {
    Doing.NODE: later("waiting for a node"),
    Doing.STARTING: later("starting"),
    Doing.WAITING: later("waiting to start"),
    Doing.PULLING: later("pulling the image"),
    Doing.NO_IMAGE: later("no image: back-off"),
    Doing.RUNNING: later("running"),
    Doing.READY: later("ready"),
    Doing.UNREADY: later("running, not ready"),
    Doing.BACK_OFF: later("back-off, then restart"),
    Doing.ENDED: later("ended"),
    Doing.FAILED: later("ended: failed"),
    Doing.ENDING: later("being deleted"),
    Doing.UNSEEN: later("earlier: not watched"),
}
_Point = tuple[datetime, Doing]


@dataclass(frozen=True)
class Bar:
    """One stretch of a lane."""

    doing: Doing
    start: datetime
    end: datetime


def of_pod(life: Life, until: datetime) -> list[Bar]:
    """The lane of the Pod itself: from its creation to its end."""
    points: list[_Point] = [(life.born, Doing.NODE)]
    if scheduled := life.scheduled:
        points.append((scheduled, Doing.STARTING))
    runs = life.runs()
    if runs:
        points += _readiness(life, runs)
    if _phase(life) in ("Succeeded", "Failed"):
        end = max((run.ended for run in runs if run.ended), default=life.born)
        points = [point for point in points if point[0] < end]
        points.append((end, Doing.ENDED if _phase(life) == "Succeeded" else Doing.FAILED))
    if deletion := life.deletion:
        points = [point for point in points if point[0] <= deletion]
        points.append((deletion, Doing.ENDING))
    return _bars(points, until)


def of_container(life: Life, container: str, until: datetime) -> list[Bar]:
    """The lane of a container: from when the Pod has a node to its end."""
    start = life.scheduled or (life.born if life.pod is None else None)
    if start is None:
        return []
    points = list(_before_runs(life, container, start))
    runs = life.runs(container)
    if life.unseen(container) and runs:
        points = [(start, Doing.UNSEEN)]
    for run in runs:
        points.append((run.began, Doing.RUNNING))
        if run.ended:
            points.append((run.ended, _after(life, run, last=run is runs[-1])))
    points.sort(key=lambda point: point[0])
    if (deletion := life.deletion) and points[-1][1] is Doing.BACK_OFF:
        points.append((max(deletion, points[-1][0]), Doing.ENDED))
    return _bars(points, until)


def _readiness(life: Life, runs: list[Run]) -> Iterator[_Point]:
    """From the first run on: ready or not, as far as anybody looked."""
    changes = sorted(life.ready.items())
    first = runs[0].began
    if changes and changes[0][0] > first and not changes[0][1]:
        yield first, Doing.UNSEEN
    else:
        yield first, Doing.UNREADY
    for time, ready in changes:
        if time >= first:
            yield time, Doing.READY if ready else Doing.UNREADY


def _before_runs(life: Life, container: str, start: datetime) -> Iterator[_Point]:
    """What its events say of its image; an event that came again tells of every time that was heard of."""
    yield start, Doing.WAITING
    told = []
    for one in life.events.values():
        if one.container == container and (doing := _of_image(one.reason, one.message)):
            told += [(time, rank, doing) for time in one.times for rank in [_ORDER[one.reason]]]
    for time, _rank, doing in sorted(told, key=lambda one: one[:2]):
        if time >= start:
            yield time, doing


_ORDER = {"Pulling": 0, "Pulled": 1, "Failed": 1, "BackOff": 2}


def _of_image(reason: str, message: str) -> Doing | None:
    if reason == "Pulling":
        return Doing.PULLING
    if reason == "Pulled":
        return Doing.WAITING
    return Doing.NO_IMAGE if reason in ("Failed", "BackOff") and "image" in message else None


def _after(life: Life, run: Run, *, last: bool) -> Doing:
    """What follows a run: another one, later, or nothing."""
    if not last or (not life.told_to_end(run) and _restarts(life, run)):
        return Doing.BACK_OFF
    return Doing.FAILED if run.exit_code and not life.told_to_end(run) else Doing.ENDED


def _restarts(life: Life, run: Run) -> bool:
    """Whether the kubelet will start it again."""
    spec = (life.pod or {}).get("spec", {})
    before = {one["name"]: one for one in spec.get("initContainers") or []}
    always = before.get(run.container, {}).get("restartPolicy") == "Always"
    policy = spec.get("restartPolicy", "Always")
    if run.container in before and not always:
        return run.exit_code != 0 and policy != "Never"
    return always or policy == "Always" or (policy == "OnFailure" and run.exit_code != 0)


def _phase(life: Life) -> str:
    return str((life.pod or {}).get("status", {}).get("phase", ""))


def _bars(points: list[_Point], until: datetime) -> list[Bar]:
    """A bar from each point to the next; those of no length are left out, but not a run."""
    found: list[Bar] = []
    for (start, doing), (end, _next) in zip(
        points, [*points[1:], (until, Doing.ENDED)], strict=True
    ):
        start, end = min(start, until), min(max(start, end), until)
        if found and found[-1].doing == doing and found[-1].end == start:
            found[-1] = Bar(doing, found[-1].start, end)
        elif end > start or doing in (Doing.RUNNING, Doing.PULLING):
            found.append(Bar(doing, start, end))
    return found
