"""Running the command of a magic: its output shown, its deadline kept, its failure raised with a hint."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from course import kubectl
from course.errors import UsageError
from course.kubectl import CommandError, Completed, Readable
from course.language import _
from course.magics import display
from course.magics.line import Options, is_watch

# A watch in a notebook has nobody to press Ctrl-C: it ends by itself after this many seconds.
WATCH_SECONDS = 10.0


class UnexpectedSuccessError(Readable, UsageError):
    """A command that was expected to fail succeeded."""


def run(
    program: str,
    words: list[str],
    options: Options,
    stdin: str = "",
    called: Sequence[str] = (),
    *,
    say_end: bool = True,
) -> Completed:
    """Run a command and show what it prints: kubectl's tables and YAML when it has ended, all else as it comes.

    Args:
        program, words: the command.
        options: the magic's own.
        stdin: what the command reads.
        called: what a person would call the command; empty: as it is.
        say_end: say it where a watch was ended at its deadline.
    """
    is_kubectl = program == "kubectl"
    watching = is_kubectl and is_watch(words)
    usual = WATCH_SECONDS if watching and options.until is None else kubectl.DEADLINE
    deadline = options.deadline if options.deadline is not None else usual
    held: list[str] = []
    shaped = is_kubectl and options.until is None and display.is_shaped(words)
    keep: Callable[[str], object] | None = held.append if shaped else None
    try:
        done = kubectl.stream(
            words,
            display.write,
            out=keep,
            stdin=stdin,
            deadline=deadline,
            until=options.until,
            watching=watching,
            program=program,
            called=called,
        )
    finally:
        if held:
            display.show(words, "".join(held))
    if done.cut and options.until is None and say_end:
        say_ended(deadline)
    return done


def say_ended(deadline: float) -> None:
    """Say why a watch goes on no longer, and after how many seconds."""
    display.write(
        _("(ended after {seconds:g} s; in a terminal you would press Ctrl-C)", seconds=deadline)
        + "\n"
    )


def finish(
    options: Options, done: Completed, variables: dict[str, Any], manifest: str = ""
) -> None:
    """Put the words into the variable that was asked for, and raise what is not as it was expected.

    Raises:
        CommandError: the command failed; with what to do next, where that is known.
        UnexpectedSuccessError: it was expected to fail.
    """
    if options.into:
        variables[options.into] = done.stdout.strip()
    try:
        done.check()
    except CommandError as failure:
        if options.fails == "never":
            from course.magics import hints

            failure.next_step = failure.next_step or hints.of(failure, manifest)
            raise
        display.write(failure.words + "\n")
    else:
        if options.fails == "always":
            raise UnexpectedSuccessError(
                shlex.join(done.argv) + "\n" + _("succeeded, and the cell expected it to fail.")
            )


def on_node(node: str, argv: list[str]) -> list[str]:
    """The command that runs `argv` on a node; empty where this process has no way to a cluster's nodes.

    A student's code behind the grader's wall has none: what it calls runs here, and reaches the same addresses.
    """
    if not os.environ.get("KUBELAB_CLUSTER"):
        return []
    from course import cluster

    return cluster.current().node_argv(node, argv)
