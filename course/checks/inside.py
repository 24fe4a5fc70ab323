"""What is so inside a container: seen by running a command there, as `kubectl exec` does."""

from __future__ import annotations

import re
import shlex
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from course import kubectl
from course.checks import cause
from course.checks.failure import CheckFailed
from course.kubectl import CommandTimeoutError, Completed
from course.language import _

if TYPE_CHECKING:
    from course.checks.objects import Object

# How kubectl says that it was the container's command that failed, and not kubectl itself.
_ENDED = re.compile(r"command terminated with exit code \d+")


def runs(
    pod: Object,
    argv: Sequence[str],
    *,
    container: str = "",
    prints: str = "",
    deadline: float,
) -> str:
    """A command in the container ends well and prints the text; returns what it printed.

    Raises:
        CheckFailed: the Pod or the container is not there or does not run, or the command does otherwise.
    """
    item = pod.get()
    command = shlex.join(argv)
    wanted = (
        _("`{command}` to end well and print “{text}”", command=command, text=prints)
        if prints
        else _("`{command}` to end well", command=command)
    )
    look = f"kubectl {shlex.join(_words(pod, container, argv))}"
    try:
        done = _exec(pod, container, argv, deadline)
    except CommandTimeoutError:
        found = _("that it still runs after {seconds:g} s", seconds=deadline)
        raise CheckFailed(str(pod), wanted, found, cause.of(item)[0], look) from None
    if done.status == 0 and prints in done.stdout:
        return done.stdout
    said = " ".join((done.stdout + done.stderr).split())[:200]
    found = _("exit status {status}, “{words}”", status=done.status, words=said)
    raise CheckFailed(str(pod), wanted, found, cause.of(item)[0], look)


def holds(pod: Object, argv: Sequence[str], *, container: str = "", deadline: float) -> bool:
    """Whether a command in the container ends well: a question, whose answer may be no.

    Raises:
        CheckFailed: there was nowhere to ask: the Pod or the container is not there or does not run.
    """
    done = _exec(pod, container, argv, deadline)
    if done.status == 0 or _ENDED.search(done.stderr):
        return done.status == 0
    wanted = _("a container {name} to run a command in", name=container or "…")
    found = f"“{' '.join(done.stderr.split())[:200]}”"
    raise CheckFailed(str(pod), wanted, found, *cause.of(pod.get()))


def who_finds(
    pod: Object, container: str, folder: str, folders: Sequence[str], *, deadline: float = 60
) -> list[str]:
    """The containers that find, in one of `folders`, a file that a container puts into its `folder`."""
    token = uuid.uuid4().hex
    runs(
        pod,
        ["/bin/sh", "-c", f"echo {token} > {folder}/{token}"],
        container=container,
        deadline=deadline,
    )
    look = f"ls {' '.join(f'{one}/{token}' for one in folders)} 2>/dev/null | grep -q ."
    return _who(pod, ["/bin/sh", "-c", look], deadline)


def who_reaches(pod: Object, url: str, *, deadline: float = 60) -> list[str]:
    """The containers in which the address is answered."""
    return _who(pod, ["wget", "-q", "-T", "5", "-O", "/dev/null", url], deadline)


def _who(pod: Object, argv: Sequence[str], deadline: float) -> list[str]:
    names = sorted(one["name"] for one in pod.get()["spec"]["containers"])
    with ThreadPoolExecutor(len(names)) as threads:
        asked = [
            threads.submit(holds, pod, argv, container=name, deadline=deadline) for name in names
        ]
        return [name for name, one in zip(names, asked, strict=True) if one.result()]


def _exec(pod: Object, container: str, argv: Sequence[str], deadline: float) -> Completed:
    return kubectl.run(_words(pod, container, argv), deadline=deadline)


def _words(pod: Object, container: str, argv: Sequence[str]) -> list[str]:
    which = ["--container", container] if container else []
    return ["exec", pod.name, "--namespace", pod.namespace, *which, "--", *argv]
