"""The line of a magic: its own options, the words of the command, and Python's variables in them.

Braces around a Python variable's name put its value in: `%kubectl get pod {name}`. Other braces (a
jsonpath, a YAML flow mapping, the shell's `${name}`) stay as they are. A command that fails raises an error
with the command's own words, so that a notebook stops where a shell script with `set -e` would.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.errors import UsageError
from course.kubectl import Readable
from course.language import _, later

_VARIABLE = re.compile(r"(?<![{$])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
_JSONPATH_WORDS = frozenset({"end"})  # `{range …}{end}` is jsonpath's own
_TAKE_A_VALUE = frozenset({"-n", "--namespace", "--context", "--kubeconfig", "--user", "--cluster"})
_SHELL_SIGNS = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "&"})
USAGE = later("""\
[--expect-failure | --may-fail] [--deadline SECONDS] [--until TEXT] [--into VARIABLE] COMMAND …
  --expect-failure  show what the command says; it is an error if it succeeds
  --may-fail        show what the command says; go on either way
  --deadline N      end the command after N seconds (120; a watch: 10)
  --until TEXT      end the command as soon as a line of its output holds TEXT
  --into VARIABLE   put what it printed into a Python variable""")
USAGE_OF_NODE = later("""
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


def own_words(words: Sequence[str]) -> list[str]:
    """The words of a command that are kubectl's: those behind `--` are a container's."""
    return list(words[: words.index("--")] if "--" in words else words)


def verb(words: Sequence[str]) -> str:
    """kubectl's command: the first word that is neither an option nor an option's value."""
    left = iter(own_words(words))
    for word in left:
        if word in _TAKE_A_VALUE:
            next(left, "")
        elif not word.startswith("-"):
            return word
    return ""


def output_format(words: Sequence[str]) -> str:
    """What `-o` or `--output` says, empty where nothing does."""
    left = iter(own_words(words))
    for word in left:
        if word in {"-o", "--output"}:
            return next(left, "")
        if word.startswith("--output="):
            return word.removeprefix("--output=")
        if word.startswith("-o") and not word.startswith("--"):
            return word.removeprefix("-o").removeprefix("=")
    return ""


def is_watch(words: Sequence[str]) -> bool:
    """Whether a kubectl command has no end of its own."""
    ours = own_words(words)
    match verb(words):
        case "get" | "events":
            return bool({"-w", "--watch", "--watch=true", "--watch-only"}.intersection(ours))
        case "logs":
            return bool({"-f", "--follow"}.intersection(ours))
        case found:
            return found == "port-forward"
