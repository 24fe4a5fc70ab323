"""Texts for people in a code cell: `_("…")`, of which notebooks hold the literal in their language.

A cell is IPython's: lines that are magics or shell commands are no Python, and are passed over.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from course.errors import ContentError

_MAY_HOLD = re.compile(r"(?<![\w.])_\s*\(|\bspeak\s*\(")
_MAGIC = re.compile(r"(\s*)(?:[\w, .\[\]]+=\s*)?[%!]")


@dataclass(frozen=True)
class _Place:
    """A piece of a cell's source that is replaced: characters from `start` to `end`."""

    start: int
    end: int
    text: str
    is_message: bool


def texts(source: str, where: str) -> list[str]:
    """The texts of all `_("…")` in a cell, in their order.

    Raises:
        ContentError: one is no single literal; `where` names the cell.
    """
    return [place.text for place in _places(source, where) if place.is_message]


def rewritten(source: str, where: str, say: Callable[[str], str], lang: str) -> str:
    """The cell with the literal that `say` gives for each `_("…")`, and `speak("…")` of the language."""
    for place in reversed(_places(source, where)):
        new = say(place.text) if place.is_message else lang
        source = source[: place.start] + literal(new) + source[place.end :]
    return source


def speaks(source: str, where: str) -> bool:
    """Whether the cell chooses the language of messages."""
    return any(not place.is_message for place in _places(source, where))


def literal(text: str) -> str:
    """Python's literal for a text, in double quotes and on one line."""
    return json.dumps(text, ensure_ascii=False)


def _places(source: str, where: str) -> list[_Place]:
    if source.lstrip().startswith("%%") or not _MAY_HOLD.search(source):
        return []
    try:
        tree = ast.parse(python_only(source))
    except SyntaxError as problem:
        raise ContentError(
            f"{where} holds a text for people, and is no Python: {problem}."
        ) from problem
    calls = _calls(tree)
    for formatted in ast.walk(tree):
        if isinstance(formatted, ast.JoinedStr) and _calls(formatted):
            raise ContentError(
                f'{where}, line {formatted.lineno}: write `_("…")` outside of an f-string.'
            )
    found = [_place(call, source, where) for call in calls]
    return sorted(found, key=lambda place: place.start)


def _calls(tree: ast.AST) -> list[ast.Call]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node for node in nodes if _name(node.func) in {"_", "speak"}]


def python_only(source: str) -> str:
    """The cell with `pass` for each magic and shell command; every other line stays as it is."""
    rows, continued = [], False
    for row in source.split("\n"):
        magic = _MAGIC.match(row)
        if continued:
            rows.append("")
        else:
            rows.append(f"{magic.group(1)}pass" if magic else row)
        continued = (continued or bool(magic)) and row.endswith("\\")
    return "\n".join(rows)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr if function.attr == "speak" else ""
    return function.id if isinstance(function, ast.Name) else ""


def _place(call: ast.Call, source: str, where: str) -> _Place:
    value = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        raise ContentError(
            f'{where}, line {call.lineno}: `_("…")` takes one literal text, and nothing else.',
            'Values go in afterwards: `_("… {name} …").format(name=…)`.',
        )
    is_message = _name(call.func) == "_"
    whole: ast.expr = call if is_message else value
    start = _offset(source, whole.lineno, whole.col_offset)
    end = _offset(source, whole.end_lineno or 0, whole.end_col_offset or 0)
    return _Place(start, end, value.value, is_message)


def _offset(source: str, line: int, column: int) -> int:
    """Characters before a place that `ast` gives by line and by bytes of UTF-8."""
    rows = source.split("\n")
    before = sum(len(row) + 1 for row in rows[: line - 1])
    return before + len(rows[line - 1].encode()[:column].decode())
