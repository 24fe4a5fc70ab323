"""The life of a Pod in words: a row for each thing that happened, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from course.language import _, later
from course.views.live.life import Life, Run
from course.views.live.moments import seconds, spoken_span

GOOD, PLAIN, BAD = "good", "plain", "bad"
SIGNS = {GOOD: "✔", PLAIN: "•", BAD: "✘"}
MEANINGS = {
    "Scheduled": later("A node was chosen"),
    "FailedScheduling": later("No node fits yet"),
    "Pulling": later("The node fetches the image"),
    "Pulled": later("The image is on the node"),
    "Created": later("The container was made"),
    "Started": later("The container runs"),
    "Killing": later("The container is told to stop"),
    "Unhealthy": later("A probe failed"),
    "ProbeWarning": later("A probe got an odd answer"),
    "BackOff": later("A pause before the next try"),
    "Failed": later("Something did not work"),
    "FailedMount": later("A volume could not be mounted"),
    "FailedCreatePodSandBox": later("The Pod's network could not be made"),
    "Evicted": later("The Pod was put off its node"),
    "Preempted": later("A more important Pod took its place"),
}
_ORDER = ("created", "FailedScheduling", "Scheduled", "Pulling", "Pulled", "Failed", "Created", "Started",
          "ready", "Unhealthy", "deletion", "Killing", "ended", "not ready", "BackOff", "gone")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One thing that happened.

    Attributes:
        about: the container; empty: the Pod.
        times: when it was heard of, the first time first.
        title: in the course's words; `words`: in Kubernetes' own.
    """

    tone: str
    about: str
    reason: str
    title: str
    words: str
    times: Sequence[datetime]
    count: int = 1

    @property
    def time(self) -> datetime:
        """When it happened first."""
        return self.times[0]

    @property
    def sign(self) -> str:
        """Its sign, for those who do not see its colour."""
        return SIGNS[self.tone]


def rows(life: Life) -> list[Row]:
    """All that is known to have happened."""
    found = [*_of_object(life), *_of_events(life)]
    return sorted(found, key=lambda row: (row.time, _rank(row.reason)))


def _rank(reason: str) -> int:
    return _ORDER.index(reason) if reason in _ORDER else _ORDER.index("Unhealthy")


def _of_events(life: Life) -> Iterator[Row]:
    for one in life.events.values():
        title = _(MEANINGS[one.reason]) if one.reason in MEANINGS else one.reason
        tone = (
            BAD
            if one.warns or one.reason == "BackOff"
            else GOOD
            if one.reason == "Started"
            else PLAIN
        )
        yield Row(tone, one.container, one.reason, title, f"{one.reason}: {one.message}",
                  sorted(one.times), one.count)  # fmt: skip


def _of_object(life: Life) -> Iterator[Row]:
    """What the object tells and no event does."""
    if life.pod is None:
        return
    yield Row(PLAIN, "", "created", _("The Pod was created"), "", [life.born])
    told = {one.reason for one in life.events.values()}
    if life.scheduled and "Scheduled" not in told:
        node = life.pod["spec"].get("nodeName", "")
        yield Row(PLAIN, "", "Scheduled", _("A node was chosen"), node, [life.scheduled])
    yield from _of_readiness(life)
    for run in life.runs():
        yield from _of_run(life, run)
    if deletion := life.deletion:
        grace = life.pod["metadata"].get("deletionGracePeriodSeconds") or 0
        words = _("its containers have {span} to end", span=spoken_span(grace)) if grace else ""
        yield Row(PLAIN, "", "deletion", _("Somebody asked to delete it"), words, [deletion])
    if life.gone:
        yield Row(PLAIN, "", "gone", _("The Pod is gone"), "", [life.gone])


def _of_readiness(life: Life) -> Iterator[Row]:
    was = False
    runs = life.runs()
    for time, ready in sorted(life.ready.items()):
        if ready and not was:
            yield Row(
                GOOD, "", "ready", _("The Pod is ready: Services send requests to it"), "", [time]
            )
        elif not ready and (was or (runs and time > runs[0].began)):
            yield Row(
                PLAIN, "", "not ready", _("The Pod is not ready: Services leave it out"), "", [time]
            )
        was = ready


def _of_run(life: Life, run: Run) -> Iterator[Row]:
    started = any(
        one.reason == "Started" and one.container == run.container for one in life.events.values()
    )
    if not started:
        yield Row(GOOD, run.container, "Started", _("The container runs"), "", [run.began])
    if run.ended is None:
        return
    lasted = spoken_span(seconds(run.ended - run.began))
    title = _("The container ended: exit code {code}", code=run.exit_code)
    words = _("{reason}, after {span}", reason=run.reason or "—", span=lasted)
    tone = BAD if run.exit_code and not life.told_to_end(run) else PLAIN
    yield Row(tone, run.container, "ended", title, f"{words} {run.message}".strip(), [run.ended])
