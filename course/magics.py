"""What cells write: `%kubectl`, `%%apply`, `%node`. Loaded by `%load_ext course`.

Braces around a Python variable's name put its value in: `%kubectl get pod {name}`. Other braces (a
jsonpath, a YAML flow mapping, the shell's `${name}`) stay as they are. A command that fails raises an error
with the command's own words, so that a notebook stops where a shell script with `set -e` would.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from course import kubectl
from course.errors import UsageError
from course.kubectl import CommandError, Completed, Readable
from course.language import _, later

# A watch in a notebook has nobody to press Ctrl-C: it ends by itself after this many seconds.
WATCH_SECONDS = 10.0
_VARIABLE = re.compile(r"(?<![{$])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
_JSONPATH_WORDS = frozenset({"end"})  # `{range …}{end}` is jsonpath's own
_SHELL_SIGNS = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "&"})
_USAGE = later("""\
[--expect-failure | --may-fail] [--deadline SECONDS] [--until TEXT] [--into VARIABLE] COMMAND …
  --expect-failure  show what the command says; it is an error if it succeeds
  --may-fail        show what the command says; go on either way
  --deadline N      end the command after N seconds (120; a watch: 10)
  --until TEXT      end the command as soon as a line of its output holds TEXT
  --into VARIABLE   put what it printed into a Python variable""")
_USAGE_OF_NODE = later("""
  --on NODE         which node, by its name or address (default: the first one)""")


class MagicError(Readable, UsageError):
    """A cell's command line cannot be understood."""


class UnexpectedSuccessError(Readable, UsageError):
    """A command that was expected to fail succeeded."""


@dataclass
class Options:
    """The options of a magic itself: they stand before the command's first word."""

    fails: str = "never"
    deadline: float | None = None
    until: str | None = None
    into: str | None = None
    node: str = ""


def expand(
    text: str,
    variables: Mapping[str, Any],
    *,
    keep: frozenset[str] = frozenset(),
    strict: bool = True,
) -> str:
    """Put the values of Python variables in for `{name}`; an unknown name is an error, or stays.

    `${name}` is the shell's and `{{name}}` a template's: they always stay.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in keep or (not strict and name not in variables):
            return match.group(0)
        if name not in variables:
            raise MagicError(
                _(
                    "There is no Python variable `{name}` for {braces}.",
                    name=name,
                    braces=match.group(0),
                ),
                _(
                    "Has the cell that sets it been run? After a restart of the kernel, run the cells from the top."
                ),
            )
        return str(variables[name])

    return _VARIABLE.sub(value, text)


def parse(
    line: str, variables: Mapping[str, Any], program: str = "kubectl"
) -> tuple[Options, list[str]]:
    """Split a magic's line into its own options and the words of the command."""
    try:
        words = shlex.split(line)
    except ValueError as problem:
        raise MagicError(
            _(
                "The command line cannot be split into words ({problem}): {line}",
                problem=problem,
                line=line,
            )
        ) from problem
    options = Options()
    while words and words[0].startswith("--"):
        match words:
            case ["--expect-failure", *words]:
                options.fails = "always"
            case ["--may-fail", *words]:
                options.fails = "perhaps"
            case ["--deadline", seconds, *words]:
                options.deadline = _seconds(seconds)
            case ["--until", text, *words]:
                options.until = expand(text, variables)
            case ["--into", name, *words] if name.isidentifier():
                options.into = name
            case ["--on", node, *words]:
                options.node = expand(node, variables)
            case _:
                break
    words = [expand(word, variables, keep=_JSONPATH_WORDS) for word in words]
    ours = words[: words.index("--")] if "--" in words else words
    for sign in _SHELL_SIGNS.intersection(ours):
        raise MagicError(
            _(
                "`{sign}` is the shell's, and this magic runs one command without a shell.",
                sign=sign,
            ),
            _("Write it as a shell command instead: !kubectl … {sign} …", sign=sign)
            if program == "kubectl"
            else _("Give it to a shell: %node sh -c '… {sign} …'", sign=sign),
        )
    return options, words


def _seconds(text: str) -> float:
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        raise MagicError(
            _("--deadline takes a number of seconds, and `{text}` is none.", text=text)
        ) from None


def is_watch(words: Sequence[str]) -> bool:
    """Whether a kubectl command has no end of its own."""
    ours = list(words[: words.index("--")] if "--" in words else words)
    verb = next((word for word in ours if not word.startswith("-")), "")
    if verb == "get":
        return bool({"-w", "--watch", "--watch-only"}.intersection(ours))
    return (
        verb == "logs" and bool({"-f", "--follow"}.intersection(ours))
    ) or verb == "port-forward"


@magics_class
class LabMagics(Magics):  # type: ignore[misc]
    """The lab's magics."""

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def kubectl(self, line: str, cell: str | None = None) -> None:
        """Run kubectl. As a cell magic, the rest of the cell is what the command reads (with -i)."""
        self._run("kubectl", line, cell)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def node(self, line: str, cell: str | None = None) -> None:
        """Run a command on a machine of the cluster, the first one or that of --on.

        As a cell magic, the rest of the cell is what the command reads.
        """
        self._run("", line, cell)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def apply(self, line: str, cell: str | None = None) -> None:
        """Send the cell's YAML to the cluster: `kubectl apply -f -`, with {variables} put in.

        The line takes kubectl apply's options, `--namespace` above all.
        """
        if cell is None:
            raise MagicError(
                _("Begin the cell with %%apply (two signs): the YAML is the rest of the cell.")
            )
        if not any(row.strip() and not row.strip().startswith("#") for row in cell.splitlines()):
            raise MagicError(
                _("There is nothing to apply: the cell holds no YAML below its first line.")
            )
        options, words = parse(line, self.shell.user_ns)
        manifest = expand(cell, self.shell.user_ns)
        self._finish(
            options,
            self._stream("kubectl", ["apply", *words, "--filename", "-"], options, manifest),
        )

    def _run(self, program: str, line: str, cell: str | None) -> None:
        options, words = parse(line, self.shell.user_ns, program or "node")
        on_node = not program
        if on_node and words:
            program, *words = words
        if not program or (program == "kubectl" and not words):
            usage = _(_USAGE) if program else _(_USAGE) + _(_USAGE_OF_NODE)
            raise MagicError(_("Which command?") + f"\n%{program or 'node'} {usage}")
        stdin = expand(cell or "", self.shell.user_ns, strict=False)
        if on_node and (there := _on_node(options.node, [program, *words])):
            done = self._stream(there[0], there[1:], options, stdin, called=[program, *words])
        else:
            done = self._stream(program, words, options, stdin)
        self._finish(options, done)

    def _stream(
        self,
        program: str,
        words: list[str],
        options: Options,
        stdin: str,
        called: Sequence[str] = (),
    ) -> Completed:
        watching = program == "kubectl" and is_watch(words)
        usual = WATCH_SECONDS if watching and options.until is None else kubectl.DEADLINE
        deadline = options.deadline if options.deadline is not None else usual
        done = kubectl.stream(
            words,
            _show,
            stdin=stdin,
            deadline=deadline,
            until=options.until,
            watching=watching,
            program=program,
            called=called,
        )
        if done.cut and options.until is None:
            _show(
                _(
                    "(ended after {seconds:g} s; in a terminal you would press Ctrl-C)",
                    seconds=deadline,
                )
                + "\n"
            )
        return done

    def _finish(self, options: Options, done: Completed) -> None:
        if options.into:
            self.shell.user_ns[options.into] = done.stdout.strip()
        if options.fails == "never":
            done.check()
            return
        try:
            done.check()
        except CommandError as failure:
            _show(failure.words + "\n")
        else:
            if options.fails == "always":
                raise UnexpectedSuccessError(
                    shlex.join(done.argv) + "\n" + _("succeeded, and the cell expected it to fail.")
                )


def _on_node(node: str, argv: list[str]) -> list[str]:
    """The command that runs `argv` on a node; empty where this process has no way to a cluster's nodes.

    A student's code behind the grader's wall has none: what it calls runs here, and reaches the same addresses.
    """
    if not os.environ.get("KUBELAB_CLUSTER"):
        return []
    from course import cluster

    return cluster.current().node_argv(node, argv)


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
