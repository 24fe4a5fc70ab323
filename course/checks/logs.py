"""What a container says, or said before it was restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course import kubectl
from course.checks import cause
from course.checks.failure import CheckFailed
from course.language import _
from course.patience import clock

if TYPE_CHECKING:
    from course.checks.objects import Object


def said(pod: Object, *, container: str = "", previous: bool = False) -> str:
    """The log of a container as it is now; with `previous`, of the one that ran before it in its place.

    Raises:
        CheckFailed: the Pod is not there, or has no such log.
    """
    item = pod.get()
    done = kubectl.run(["logs", *_words(pod, container, previous)])
    if done.status == 0:
        return done.stdout
    found = f"“{' '.join(done.stderr.split())[:200]}”"
    raise CheckFailed(
        _about(pod, container, previous), _("it to be there"), found, cause.of(item)[0],
        _look(pod, container, previous),
    )  # fmt: skip


def hold(
    pod: Object, text: str, *, container: str = "", previous: bool = False, within: float
) -> str:
    """The log holds the text, or does so within the time: it is followed. Returns what was seen of it.

    A log of a container that was restarted (`previous`) has its end: it is read once.
    """
    ended = said(pod, container=container, previous=True) if previous else None
    seen = _followed(pod, text, container, within) if ended is None else ended
    if text in seen:
        return seen
    lines = seen.strip().splitlines()
    expected = (
        _("a line with “{text}”", text=text)
        if previous
        else _("a line with “{text}” within {seconds:g} s", text=text, seconds=within)
    )
    found = _("the last line “{line}”", line=lines[-1][:200]) if lines else _("no line")
    why = cause.of(pod.get())[0]
    raise CheckFailed(
        _about(pod, container, previous), expected, found, why, _look(pod, container, previous)
    )


def _followed(pod: Object, text: str, container: str, within: float) -> str:
    pod.get()
    seen: list[str] = []
    args = ["logs", "--follow", *_words(pod, container, previous=False)]
    try:
        return kubectl.stream(args, seen.append, deadline=within, until=text, now=clock).stdout
    except kubectl.CommandTimeoutError:
        return "".join(seen)


def _about(pod: Object, container: str, previous: bool) -> str:
    about = _("container {name} of {object}", name=container, object=pod) if container else str(pod)
    if previous:
        return _("Log of {object} before its restart", object=about)
    return _("Log of {object}", object=about)


def _look(pod: Object, container: str, previous: bool) -> str:
    return f"kubectl logs {' '.join(_words(pod, container, previous))}"


def _words(pod: Object, container: str, previous: bool) -> list[str]:
    which = ["--container", container] if container else []
    return [pod.name, "--namespace", pod.namespace, *which, *(["--previous"] if previous else [])]
