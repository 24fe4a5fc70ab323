"""Tab completion of the magics and of `!kubectl`: what kubectl itself would complete, and Python's variables.

kubectl's own completion is asked (`kubectl __complete`, what its scripts for shells call): it knows the cluster's kinds
and names. It has a short deadline, and where the cluster does not answer, nothing is offered and nothing said.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.magics.line import expand

DEADLINE = 2.0
"""The most seconds that a Tab may take."""
_LINE = re.compile(
    r"^\s*(?:[\w, ]+=\s*)?(?:%%?(?P<magic>kubectl|apply|watch|events|explain)|!!?\s*kubectl)\s+(?P<rest>.*)$"
)
_TAKES_VARIABLES = re.compile(
    r"^\s*(?:[\w, ]+=\s*)?(?:%%?(?:kubectl|apply|node|watch|events|explain)|!)"
)
_BODY_TAKES_VARIABLES = re.compile(r"^\s*%%(?:kubectl|apply|node)\b")
_OPEN_BRACE = re.compile(r"(?<![{$])\{([A-Za-z_]\w*)?$")
_SHELL = re.compile(r"[|;&<>`$]")
_QUOTES = re.compile(r"['\"\\{]")
_OWN = {"--expect-failure": 0, "--may-fail": 0, "--deadline": 1, "--until": 1, "--into": 1}
_FLAGS = {
    "watch": (
        "-n",
        "--namespace",
        "-A",
        "--all-namespaces",
        "-l",
        "--selector",
        "--field-selector",
        "-o",
    ),
    "events": ("-n", "--namespace", "-A", "--all-namespaces"),
}
_DIRECTIVE = re.compile(r"^:(\d+)$", re.MULTILINE)
_NO_FILES = 4  # cobra's ShellCompDirectiveNoFileComp
_FIELD = re.compile(r"^  (\w+)\t", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What may stand at the cursor.

    Attributes:
        fragment: what stands before the cursor and is replaced.
        texts: what may stand there.
        alone: whether nothing else makes sense there, such as the name of a file.
    """

    fragment: str
    texts: tuple[str, ...] = ()
    alone: bool = False


def at_cursor(before: str, after: str, cell: str, variables: Mapping[str, Any]) -> Found | None:
    """What may stand at the cursor; None where it is in no line of ours.

    Args:
        before, after: the cursor's line, on both sides of it.
        cell: the whole cell.
        variables: Python's.
    """
    brace = _OPEN_BRACE.search(before)
    if brace and (_TAKES_VARIABLES.match(before) or _BODY_TAKES_VARIABLES.match(cell)):
        return _variables(brace.group(), after, variables)
    if not (line := _LINE.match(before)):
        return None
    try:
        words = shlex.split(expand(line["rest"], variables, strict=False))
    except ValueError:  # a quote is still open
        return None
    last = "" if line["rest"][-1:] in {"", " ", "\t"} else line["rest"].split()[-1]
    if _QUOTES.search(last) or (line["magic"] is None and _SHELL.search(line["rest"])):
        return None
    words = words[:-1] if last else words
    return _of_line(line["magic"], words, last)


def _variables(brace: str, after: str, variables: Mapping[str, Any]) -> Found:
    end = "" if after.startswith("}") else "}"
    simple = sorted(
        name
        for name, value in variables.items()
        if name.startswith(brace[1:])
        and not name.startswith("_")
        and isinstance(value, str | int | float)
    )
    return Found(brace, tuple(f"{{{name}{end}" for name in simple), alone=True)


def _of_line(magic: str | None, words: list[str], last: str) -> Found | None:
    own: list[str] = []
    if magic is not None:
        rest = _without_own(words)
        if rest is None:  # the value of one of the magic's own options
            return None
        words = rest
        if not words and last.startswith("-") and magic in {"kubectl", "apply", "watch"}:
            own = [option for option in _OWN if option.startswith(last)]
    match magic:
        case "explain":
            found = _explain(words, last)
        case "watch" | "events" if last.startswith("-") and "=" not in last:
            found = Found(
                last, tuple(flag for flag in _FLAGS[magic] if flag.startswith(last)), alone=True
            )
        case "watch":
            found = ask(["get", *words], last)
        case "events":
            found = ask(
                ["get", *words] if "/" in last or _is_named(words) else ["logs", *words], last
            )
        case "apply":
            found = ask(["apply", *words], last)
        case _:
            found = ask(words, last)
    return Found(found.fragment, (*own, *found.texts), found.alone or bool(own))


def _without_own(words: Sequence[str]) -> list[str] | None:
    """The command's words, behind the magic's own options; None while one of those waits for its value."""
    left = list(words)
    while left and left[0] in _OWN:
        if len(left) <= _OWN[left[0]]:
            return None
        left = left[1 + _OWN[left[0]] :]
    return left


def _is_named(words: Sequence[str]) -> bool:
    """Whether a kind stands there already."""
    before = ("", *words)
    return any(
        not word.startswith("-") and before[index] not in {"-n", "--namespace"}
        for index, word in enumerate(words)
    )


def _explain(words: Sequence[str], last: str) -> Found:
    if "." not in last or last.startswith("-"):
        return ask(["explain" if last.startswith("-") else "get", *words], last)
    parent = last.rpartition(".")[0]
    said = _kubectl(["explain", parent])
    fields = [f"{parent}.{name}" for name in _FIELD.findall(said)]
    return _starting(last, fields, alone=True)


def ask(words: Sequence[str], last: str) -> Found:
    """What kubectl completes `last` to, behind these words."""
    said = _kubectl(["__complete", *words, last])
    directive = _DIRECTIVE.search(said)
    lines = said[: directive.start()].splitlines() if directive else []
    texts = [line.split("\t")[0] for line in lines if line and not line.startswith("_activeHelp_")]
    return _starting(last, texts, alone=bool(directive and int(directive[1]) & _NO_FILES))


def _starting(last: str, texts: Iterable[str], *, alone: bool) -> Found:
    """Those that go on from what stands there: from all of it, or from what is behind an option's `=`."""
    known = list(dict.fromkeys(texts))
    for fragment in (last, last.partition("=")[2]) if "=" in last else (last,):
        if found := tuple(text for text in known if text.startswith(fragment)):
            return Found(fragment, found, alone=True)
    return Found(last, (), alone=alone)


def _kubectl(args: Sequence[str]) -> str:
    from course import kubectl
    from course.errors import LabError

    try:
        return kubectl.run(args, deadline=DEADLINE).check().stdout
    except LabError:
        return ""
