"""What the start page shows, as HTML and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from course.disk import human
from course.language import _
from course.templates import rendered
from course.views.cluster import Seen
from course.views.progress import EXERCISE, PAGE, Lesson

_TEMPLATE = Path(__file__).with_name("start.html.j2")


def bundle(lessons: Sequence[Lesson], cluster: Seen, now: datetime) -> dict[str, str]:
    """Both, by their MIME types, as a cell displays them."""
    return {
        "text/html": as_html(lessons, cluster, now),
        "text/plain": as_text(lessons, cluster, now),
    }


def as_html(lessons: Sequence[Lesson], cluster: Seen, now: datetime) -> str:
    """The page. Links are relative to the notebook's folder: JupyterLab opens them as tabs."""
    return rendered(
        _TEMPLATE,
        lessons=lessons,
        cluster=cluster,
        state=_state(cluster),
        time=f"{now:%H:%M:%S}",
        page=lambda one: _file(one, PAGE),
        exercise=lambda one: _file(one, EXERCISE),
        points=_points,
    )


def as_text(lessons: Sequence[Lesson], cluster: Seen, now: datetime) -> str:
    """The same in lines, where no HTML is shown."""
    lines = []
    for one in lessons:
        parts = [one.title, *([one.problem] if one.problem else [])]
        if one.cells:
            parts.append(_("{run} of {cells} cells run", run=one.run, cells=one.cells))
        if one.tasks:
            parts.append(_("{done} of {count} tasks hold", done=one.done, count=len(one.tasks)))
            parts.append(_("points: {points}", points=_points(one)))
            parts.append(_("hints: {count}", count=one.hints))
            if one.solutions:
                parts.append(_("solutions: {count}", count=one.solutions))
        lines.append(" | ".join(parts))
    state = f"{_state(cluster)} {cluster.message}".rstrip()
    return "\n".join([*lines, state, _("As of {time}.", time=f"{now:%H:%M:%S}")])


def _points(one: Lesson) -> str:
    if not any(task.checked for task in one.tasks):
        return _("nothing checked yet, {all} in all", all=f"{one.points:g}")
    values = {"held": f"{one.held:g}", "seen": f"{one.seen:g}", "all": f"{one.points:g}"}
    return _("{held} of {seen} checked, {all} in all", **values)


def _state(cluster: Seen) -> str:
    words = {
        "ready": _("ready"),
        "absent": _("not there"),
        "starting": _("starting"),
        "stopping": _("ending"),
        "failed": _("failed"),
        "unknown": _("unknown"),
    }
    state = _("The cluster {name}: {state}.", name=cluster.name, state=words[cluster.state])
    if cluster.memory is None:
        return state
    memory = cluster.memory
    said = _("Memory of this session: {used} of {limit} ({share:.0%}).",
             used=human(memory.used), limit=human(memory.limit), share=memory.share)  # fmt: skip
    return f"{state} {cluster.memory.warning() if cluster.memory.short else said}"


def _file(one: Lesson, name: str) -> str:
    """The lesson's file of that name, from the course's folder; empty where it has none."""
    path = f"{one.name}/{name}"
    return path if path in one.files else ""
