"""What is known of the life of one Pod: gathered from all that its object and its events have said so far.

The object tells only how it is now and of one run before; a life that is watched from its beginning is known whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from course.views.live.moments import moment, second
from course.views.live.view import Item, Seen

_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
_SPECS = ("initContainers", "containers", "ephemeralContainers")
_YOUNG = timedelta(seconds=3)
"""An event may be heard so long before the Pod that it is about."""
_LIVES = 6


@dataclass
class Run:
    """A container's process, from its start to its end."""

    container: str
    began: datetime
    ended: datetime | None = None
    exit_code: int = 0
    reason: str = ""
    message: str = ""


@dataclass
class Told:
    """An event of the API; one that comes again counts.

    Attributes:
        container: the one that it is about; empty: the Pod.
        times: when it came, as far as we heard; the API keeps the first and the last.
    """

    reason: str
    message: str
    warns: bool
    container: str
    count: int = 1
    times: set[datetime] = field(default_factory=set)


class Life:
    """One Pod's life; another Pod of the same name has another.

    Attributes:
        pod: its object, as it was last; none where only its events are left.
        gone: when it was missed first.
        ready: since when it has been ready or not, each time.
    """

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.pod: Item | None = None
        self.gone: datetime | None = None
        self.events: dict[str, Told] = {}
        self.ready: dict[datetime, bool] = {}
        self._runs: dict[str, Run] = {}

    def see(self, pod: Item) -> None:
        """Take what its object says now."""
        self.pod, self.gone = pod, None
        for one in pod.get("status", {}).get("conditions", []):
            if one["type"] == "Ready" and one.get("lastTransitionTime"):
                self.ready[moment(one["lastTransitionTime"])] = one["status"] == "True"
        for status in self.statuses():
            for state in (status.get("lastState", {}), status.get("state", {})):
                self._run(status, state)

    def hear(self, event: Item) -> None:
        """Take what an event says now."""
        path = event["involvedObject"].get("fieldPath", "")
        told = Told(event.get("reason", ""), event.get("message", ""), event.get("type") == "Warning",
                    path.partition("{")[2].rstrip("}"))  # fmt: skip
        known = self.events.setdefault(event["metadata"]["uid"], told)
        series = event.get("series") or {}
        known.message = told.message
        known.count = max(known.count, int(series.get("count") or event.get("count") or 1))
        known.times |= set(_times(event))

    def miss(self, now: datetime) -> None:
        """There is no such Pod now."""
        if self.pod is not None and self.gone is None:
            self.gone = second(now)

    @property
    def born(self) -> datetime:
        """When it was created, or the first that is known of it."""
        if self.pod is not None:
            return moment(self.pod["metadata"]["creationTimestamp"])
        return min(time for one in self.events.values() for time in one.times)

    @property
    def alive(self) -> bool:
        """Whether the Pod is there."""
        return self.pod is not None and self.gone is None

    def until(self, now: datetime) -> datetime:
        """The end of what is known of it: now, while it lives."""
        if self.gone or self.alive:
            return max(self.gone or second(now), self.born)
        return max(time for one in self.events.values() for time in one.times)

    @property
    def scheduled(self) -> datetime | None:
        """When it was given a node."""
        for one in self.pod.get("status", {}).get("conditions", []) if self.pod else ():
            if one["type"] == "PodScheduled" and one["status"] == "True":
                return moment(one["lastTransitionTime"])
        found = [min(one.times) for one in self.events.values() if one.reason == "Scheduled"]
        return min(found, default=None)

    @property
    def deletion(self) -> datetime | None:
        """When somebody asked to delete it: the API notes that time and the grace that the Pod has."""
        meta = self.pod["metadata"] if self.pod else {}
        if "deletionTimestamp" not in meta:
            return None
        grace = timedelta(seconds=meta.get("deletionGracePeriodSeconds") or 0)
        return max(moment(meta["deletionTimestamp"]) - grace, self.born)

    @property
    def restarts(self) -> int:
        """How often its containers were started again."""
        return sum(int(one.get("restartCount", 0)) for one in self.statuses())

    def containers(self) -> list[str]:
        """Their names, those that prepare it first; without the object, as the events have them."""
        if self.pod is None:
            return list(
                dict.fromkeys(one.container for one in self.events.values() if one.container)
            )
        return [one["name"] for group in _SPECS for one in self.pod["spec"].get(group) or []]

    def statuses(self) -> Iterator[Item]:
        """What the Pod's status says of each container."""
        for group in _STATUSES:
            yield from (self.pod or {}).get("status", {}).get(group) or []

    def status(self, container: str) -> Item:
        """That of one container; empty where there is none yet."""
        return next((one for one in self.statuses() if one["name"] == container), {})

    def runs(self, container: str = "") -> list[Run]:
        """The runs of a container, or of all, by their starts."""
        runs = [run for run in self._runs.values() if container in ("", run.container)]
        return sorted(runs, key=lambda run: run.began)

    def unseen(self, container: str) -> int:
        """How many of its runs had ended, and been forgotten, before anybody looked."""
        status = self.status(container)
        started = int(status.get("restartCount", 0)) + 1 if self.runs(container) else 0
        return max(0, started - len(self.runs(container)))

    def told_to_end(self, run: Run) -> bool:
        """Whether it ended as the Pod was being deleted: its exit code says little then."""
        return bool(self.deletion and run.ended and run.ended >= self.deletion)

    def _run(self, status: Item, state: Item) -> None:
        running, ended = state.get("running"), state.get("terminated")
        if running and running.get("startedAt"):
            key = status.get("containerID", "")
            self._runs.setdefault(key, Run(status["name"], moment(running["startedAt"])))
        if ended and ended.get("finishedAt"):
            finished = moment(ended["finishedAt"])
            began = moment(ended.get("startedAt") or ended["finishedAt"])
            run = Run(
                status["name"], began if began.year > 1970 else finished, finished
            )  # 1970: it never started
            run.exit_code, run.reason = int(ended.get("exitCode", 0)), ended.get("reason", "")
            run.message = ended.get("message", "")
            self._runs[ended.get("containerID") or f"{status['name']} {finished}"] = run


class Lives:
    """The lives of all Pods that had one name, as far as they are remembered."""

    def __init__(self) -> None:
        self._lives: dict[str, Life] = {}

    def take(self, seen: Seen, now: datetime) -> list[Life]:
        """Remember what is seen now; the lives, the latest one last."""
        present = {pod["metadata"]["uid"]: pod for pod in seen["pods"]}
        for uid, pod in present.items():
            self._of(uid).see(pod)
        for event in seen["events"]:
            self._of(event["involvedObject"].get("uid", "")).hear(event)
        for life in self._lives.values():
            if life.uid not in present:
                life.miss(now)
        lives = sorted(self._lives.values(), key=lambda life: (life.alive, life.born))[-_LIVES:]
        return [life for life in lives if life.pod is not None or now - life.born > _YOUNG]

    def _of(self, uid: str) -> Life:
        return self._lives.setdefault(uid, Life(uid))


def _times(event: dict[str, Any]) -> Iterator[datetime]:
    series = event.get("series") or {}
    texts = [event.get("firstTimestamp"), event.get("eventTime"), event.get("lastTimestamp"),
             series.get("lastObservedTime")]  # fmt: skip
    for text in filter(None, texts or [event["metadata"]["creationTimestamp"]]):
        yield second(moment(text))
