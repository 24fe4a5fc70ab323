"""`%explain`: kubectl's explanation of a kind or a field, laid out for reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from course import kubectl
from course.kubectl import CommandError
from course.language import _
from course.magics import display, hints
from course.magics.line import MagicError, parse

_SECTION = re.compile(r"^([A-Z]+):[ \t]*(.*)$")
_FIELD = re.compile(r"^(\s+)(\w\S*)\t(<[^>]*>(?: -required-)?)\s*$")


def show(line: str, variables: Mapping[str, Any]) -> None:
    """Show what kubectl explain says.

    Raises:
        MagicError: the line names nothing.
        CommandError: kubectl failed.
    """
    _options, words = parse(line, variables)
    if not words:
        raise MagicError(
            _("What is to be explained?"),
            _("A kind or a field of it: %explain pod.spec.containers"),
        )
    try:
        plain = kubectl.run(["explain", *words]).check().stdout.rstrip()
    except CommandError as failure:
        failure.next_step = failure.next_step or hints.of(failure)
        raise
    if html := "\n".join(as_html(plain, words)):
        display.publish(
            plain, {"text/html": f'<div class="kubelab-explain tex2jax_ignore">{html}</div>'}
        )
    else:
        display.write(plain + "\n")


def as_html(plain: str, words: Sequence[str]) -> Iterator[str]:
    """The explanation of what the words name, as HTML, piece by piece; none where it is not as kubectl writes it."""
    sections = _sections(plain)
    if not {"KIND", "DESCRIPTION"}.issubset(sections):
        return
    path = next((word for word in words if not word.startswith("-")), "")
    field = "".join(sections.get("FIELD", [])[:1]).partition(" ")[2]
    about = [sections["KIND"][0], *sections.get("GROUP", [])[:1], *sections.get("VERSION", [])[:1]]
    note = field or " · ".join(about)
    yield f"<h4><code>{escape(path)}</code> <small>{escape(note)}</small></h4>"
    yield from _paragraphs(sections["DESCRIPTION"])
    if fields := sections.get("FIELDS"):
        yield "<dl>"
        yield from _fields(fields)
        yield "</dl>"


def _sections(plain: str) -> dict[str, list[str]]:
    """The lines below each heading: `KIND:`, `VERSION:`, `FIELD:`, `DESCRIPTION:`, `FIELDS:`."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in plain.split("\n"):
        if match := _SECTION.match(line):
            lines = sections.setdefault(match.group(1), [])
            lines += [match.group(2).strip()] if match.group(2).strip() else []
        else:
            lines.append(line)
    return sections


def _fields(lines: list[str]) -> Iterator[str]:
    text: list[str] = []
    for line in lines:
        if not (match := _FIELD.match(line)):
            text.append(line)
            continue
        yield from _described(text)
        text = []
        indent, name, what = match.groups()
        margin = f"margin-left:{(len(indent) - 2) / 2:g}em"
        yield f'<dt style="{margin}"><code><b>{escape(name)}</b></code> {escape(what)}</dt>'
    yield from _described(text)


def _described(lines: list[str]) -> Iterator[str]:
    if any(line.strip() for line in lines):
        yield "<dd>" + "".join(_paragraphs(lines)) + "</dd>"


def _paragraphs(lines: list[str]) -> Iterator[str]:
    text = "\n".join(line.strip() for line in lines).strip()
    for paragraph in re.split(r"\n{2,}", text):
        if paragraph:
            yield f"<p>{escape(paragraph)}</p>"
