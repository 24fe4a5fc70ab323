"""Running kubectl: one place for its deadline, its words and its failures.

kubectl is the program that students use, so notebooks use it too, and checks where they act: what they see is
what a terminal would show. (What checks only read comes from `course.api`, without a program for each look.)
Every call has a deadline in seconds; a watch ends at a word or at the deadline.
"""

from __future__ import annotations

import json
import os
import selectors
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any

from course.errors import ClusterError, ClusterTimeoutError, ToolError
from course.language import _

DEADLINE = 120.0
# How long words on the standard error wait before they are shown: a program that fails at once has its
# words in the error that is raised, not twice.
HOLD_BACK = 0.3
_UNREACHABLE = (
    "Unable to connect to the server",
    "was refused - did you specify the right host or port",
    "connection refused",
    "connect: network is unreachable",
    "TLS handshake timeout",
)


class Readable:
    """An exception that a notebook shows as its own words, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"\x1b[0;31m{type(self).__name__}\x1b[0m: {self}"]


class CommandError(Readable, ClusterError):
    """A command ended with a failure; `words` holds what it said."""

    def __init__(self, argv: Sequence[str], status: int, words: str, next_step: str = "") -> None:
        ended = _("ended with exit status {status} and said:", status=status)
        said = words.strip() or _("(it said nothing)")
        super().__init__(f"{shlex.join(argv)}\n{ended}\n{said}", next_step)
        self.argv, self.status, self.words = list(argv), status, words.strip()


class ClusterUnreachableError(CommandError):
    """kubectl could not reach the cluster: nobody's answer is wrong, the cluster is not there."""


class CommandTimeoutError(Readable, ClusterTimeoutError):
    """A command was still running at its deadline and was ended."""

    def __init__(self, argv: Sequence[str], deadline: float, seen: str) -> None:
        last = "\n".join(seen.strip().splitlines()[-5:])
        said = (
            _(
                "was still running after {seconds:g} s and was ended. It last said:\n{words}",
                seconds=deadline,
                words=last,
            )
            if last
            else _(
                "was still running after {seconds:g} s and was ended. It had said nothing.",
                seconds=deadline,
            )
        )
        super().__init__(f"{shlex.join(argv)}\n{said}")


@dataclass(frozen=True)
class Completed:
    """What a finished command left: its exit status and its words.

    `cut` says that we ended it ourselves: at the word that was waited for, or at a watch's deadline.
    """

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    cut: bool = False

    def check(self) -> Completed:
        """Return itself where the command succeeded (or was ended by us), raise CommandError otherwise."""
        if self.status == 0 or self.cut:
            return self
        words = self.stderr or self.stdout
        if self.argv[0].endswith("kubectl") and any(sign in words for sign in _UNREACHABLE):
            raise ClusterUnreachableError(
                self.argv,
                self.status,
                words,
                _("Is the cluster up? `./lab status` tells; `./lab up` starts it."),
            )
        raise CommandError(self.argv, self.status, words)


def executable(name: str) -> str:
    """The path of a program, or ToolError with what to do."""
    found = shutil.which(name)
    if found is None:
        raise ToolError(
            _("`{name}` is not on this machine's PATH.", name=name),
            _("kubectl comes with the lab's environment: start the notebook by `./lab start`.")
            if name == "kubectl"
            else _("Install {name} and run the cell again.", name=name),
        )
    return found


def run(
    args: Sequence[str], *, stdin: str = "", deadline: float = DEADLINE, program: str = "kubectl"
) -> Completed:
    """Run a command quietly and return what it said; see `stream`."""
    return stream(args, lambda _text: None, stdin=stdin, deadline=deadline, program=program)


def apply(
    objects: Iterable[Mapping[str, Any]], *options: str, deadline: float = DEADLINE
) -> Completed:
    """Apply objects (options as `kubectl apply` has them: `--namespace N`); it must succeed."""
    args = ["apply", *options, "--filename", "-"]
    return run(args, stdin=documents(objects), deadline=deadline).check()


def documents(objects: Iterable[Mapping[str, Any]]) -> str:
    """Objects as kubectl reads them from a file: one JSON document each.

    Not as one List: to validate that, kubectl fetches the whole of the API's older description (2 MB), each time.
    """
    # With the first line it is YAML for kubectl. What begins with a brace is a stream of JSON without such lines.
    return "".join(f"---\n{json.dumps(one)}\n" for one in objects)


def get(kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
    """One object as the API has it, or None where there is none."""
    scope = ["--namespace", namespace] if namespace else []
    done = run(["get", kind, name, *scope, "--output", "json", "--ignore-not-found"]).check()
    return dict(json.loads(done.stdout)) if done.stdout.strip() else None


def get_all(kind: str, *options: str) -> list[dict[str, Any]]:
    """All objects of a kind (`--namespace N`, `--all-namespaces`, selectors: as options)."""
    done = run(["get", kind, *options, "--output", "json"]).check()
    return list(json.loads(done.stdout)["items"])


def stream(
    args: Sequence[str],
    write: Callable[[str], None],
    *,
    out: Callable[[str], object] | None = None,
    stdin: str = "",
    deadline: float = DEADLINE,
    until: str | None = None,
    watching: bool = False,
    program: str = "kubectl",
    called: Sequence[str] = (),
    now: Callable[[], float] = time.monotonic,
) -> Completed:
    """Run a command and pass its words on as they come.

    Args:
        args: the command's arguments, without the program.
        write: gets each piece of output, both streams in the order of their coming.
        out: gets the pieces of the standard output in its place.
        stdin: what the command reads.
        deadline: seconds; the command is ended then.
        until: end the command as soon as a line of its output holds this text.
        watching: the command has no end of its own: being ended at the deadline is no failure.
        called: what a person would call the command, for messages; empty: as it is.
        now: the clock that the deadline goes by.

    Raises:
        CommandTimeoutError: the deadline passed (with `until`: before its text came).
        ToolError: the program is not there.
    """
    argv = tuple(called) or (program, *args)
    parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as source:
        source.write(stdin)
        source.seek(0)
        process = subprocess.Popen(
            [executable(program), *args],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    with closing(_Output(process, deadline, now)) as output:
        ended = output.pump(parts, write, out or write, until)
        if ended == "ended":
            try:
                status = process.wait(timeout=max(0.1, output.left()))
                output.flush(write, failed=status != 0)
                return Completed(argv, status, "".join(parts["stdout"]), "".join(parts["stderr"]))
            except subprocess.TimeoutExpired:
                ended = "deadline"
    if ended == "deadline" and (until or not watching):
        raise CommandTimeoutError(argv, deadline, "".join(parts["stdout"] + parts["stderr"]))
    return Completed(
        argv, process.returncode, "".join(parts["stdout"]), "".join(parts["stderr"]), cut=True
    )


class _Output:
    """A process's two streams, read in one thread so that an interrupt of the kernel reaches us."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        deadline: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.process, self.now, self.end = process, now, now() + deadline
        self.held, self.held_since = "", 0.0
        self.selector = selectors.DefaultSelector()
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            if pipe is not None:
                self.selector.register(pipe, selectors.EVENT_READ, name)

    def left(self) -> float:
        return self.end - self.now()

    def rounds(self, longest: float) -> Iterator[list[tuple[selectors.SelectorKey, int]]]:
        """What can be read, after `longest` seconds at most, until both streams end or time is up.

        What has come by then is still given: once.
        """
        over = False
        while self.selector.get_map() and not over:
            over = self.left() <= 0
            yield self.selector.select(max(0.0, min(self.left(), longest)))

    def pump(
        self,
        parts: dict[str, list[str]],
        write: Callable[[str], None],
        out: Callable[[str], object],
        until: str | None,
    ) -> str:
        """Read until both streams end ("ended"), the text comes ("found") or time is up ("deadline")."""
        for ready in self.rounds(HOLD_BACK):
            for key, _mask in ready:
                pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
                data = os.read(pipe.fileno(), 65536)
                if not data:
                    self.selector.unregister(pipe)
                    continue
                text = data.decode("utf-8", "replace")
                parts[key.data].append(text)
                self._show(key.data, text, write, out)
            if self.held and time.monotonic() - self.held_since > HOLD_BACK:
                self.flush(write)
            if until and until in "".join(parts["stdout"]):
                self.flush(write)
                return "found"
        if not self.selector.get_map():
            return "ended"
        self.flush(write)
        return "deadline"

    def _show(
        self, name: str, text: str, write: Callable[[str], None], out: Callable[[str], object]
    ) -> None:
        if name == "stdout":
            self.flush(write)
            out(text)
        else:
            self.held_since = self.held_since if self.held else time.monotonic()
            self.held += text

    def flush(self, write: Callable[[str], None], *, failed: bool = False) -> None:
        if self.held and not failed:
            write(self.held)
        self.held = ""

    def close(self) -> None:
        """Leave nothing behind: neither a running process nor an open pipe."""
        self.selector.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
