"""The messages of the package itself: `_("…")` and `later("…")` in modules, `"…" | say` in templates."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from course.catalogue.messages import Message, distinct
from course.errors import ContentError
from course.language import LOCALE
from course.paths import ROOT

_CALLS = frozenset({"_", "later"})
_FILTER = "say"


def path_of(lang: str) -> Path:
    """The package's catalogue."""
    return LOCALE / f"{lang}.po"


def messages(root: Path = ROOT) -> list[Message]:
    """All messages of `course` and `grader`, by file and in its order."""
    modules = sorted(
        path
        for package in ("course", "grader")
        for path in (root / package).rglob("*.py")
        if "content" not in path.relative_to(root).parts
    )
    templates = sorted(
        path for one in ("grader", "course/views") for path in (root / one).rglob("*.j2")
    )
    texts = [text for path in modules for text in of_module(path)]
    texts += [text for path in templates for text in of_template(path)]
    return distinct(Message("", text) for text in texts)


def of_module(path: Path) -> Iterator[str]:
    """The texts that a module marks, in its order.

    Raises:
        ContentError: a marked text is no literal.
    """
    text = path.read_text(encoding="utf-8")
    if "course.language" not in text:  # `_` means other things elsewhere
        return
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS
    ]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
        elif not isinstance(first, ast.Name | ast.Attribute | ast.Subscript):  # marked by `later`
            raise ContentError(
                f"{path.name}, line {call.lineno}: a message must be a literal, with {{placeholders}}."
            )


def of_template(path: Path) -> Iterator[str]:
    """The texts that a Jinja template marks."""
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for one in tree.find_all(nodes.Filter):
        if one.name == _FILTER and isinstance(one.node, nodes.Const):
            yield str(one.node.value)
