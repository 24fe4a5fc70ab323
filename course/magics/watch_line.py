"""The line of `%watch`: what of a `kubectl get` a live table has a use for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course.language import _, later
from course.magics.line import MagicError

_USAGE = later("""\
%watch KIND[,KIND…] [NAME] [-n NAMESPACE | -A] [-l LABELS] [--field-selector FIELDS] [-o wide]""")


@dataclass
class WatchLine:
    """What `%watch` is to follow: the part of `kubectl get`'s line that a watch has a use for."""

    kinds: tuple[str, ...]
    name: str = ""
    namespace: str = ""
    everywhere: bool = False
    labels: str = ""
    fields: str = ""
    wide: bool = False

    def argv(self, kind: str) -> list[str]:
        """The same for one kind, as kubectl takes it."""
        named = {
            "--namespace": self.namespace,
            "--selector": self.labels,
            "--field-selector": self.fields,
        }
        flags = [word for flag, value in named.items() if value for word in (flag, value)]
        flags += ["--all-namespaces"] * self.everywhere + ["--output=wide"] * self.wide
        return ["get", kind, *([self.name] if self.name else []), *flags, "--watch"]


_WATCH_FLAGS = {
    "-n": "namespace",
    "--namespace": "namespace",
    "-l": "labels",
    "--selector": "labels",
    "--field-selector": "fields",
}


def watch_line(words: Sequence[str]) -> WatchLine:
    """Read the words of `%watch`.

    Raises:
        MagicError: it names no kind, or holds what a live table cannot do.
    """
    found: dict[str, Any] = {}
    named: list[str] = []
    left = iter(words)
    for word in left:
        flag, joined, value = word.partition("=")
        if flag in _WATCH_FLAGS:
            found[_WATCH_FLAGS[flag]] = value if joined else next(left, "")
        elif word in {"-A", "--all-namespaces"}:
            found["everywhere"] = True
        elif word in {"-w", "--watch"}:
            continue
        elif flag in {"-o", "--output"}:
            found["wide"] = _wide(value if joined else next(left, ""))
        elif word.startswith("-"):
            raise MagicError(_("%watch has no option {word}.", word=word), _(_USAGE))
        else:
            named.append(word)
    match [part for word in named for part in word.split("/")]:
        case [kinds]:
            return WatchLine(tuple(kinds.split(",")), **found)
        case [kinds, name] if "," not in kinds:
            return WatchLine((kinds,), name, **found)
    raise MagicError(_("What is to be watched?"), _(_USAGE))


def _wide(output: str) -> bool:
    if output != "wide":
        raise MagicError(
            _("%watch shows tables: -o wide is the only other form of them."), _(_USAGE)
        )
    return True
