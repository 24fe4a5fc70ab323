"""kubectl's tables: read from its words, and written as HTML.

kubectl pads its columns with at least three spaces (`printers.GetNewTabWriter` of k8s.io/cli-runtime), and each row is
padded up to the last one. Words that are not so are no table, or one that cannot be read surely.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GAP = " " * 3
# The class `tex2jax_ignore` keeps two dollar signs from being taken for a formula's.
_BEGINS = re.compile(rf"^\S|(?<={GAP})\S")
# A heading is in capitals, but for units: `CPU(cores)`.
_HEADING = re.compile(r"[^a-z]+(\([^)]*\))?")
# Inline, for a sanitised or an exported notebook keeps no style sheet. Only a long text may break its line.
_CELL = "text-align:left"
_SHORT = f"{_CELL};white-space:nowrap"
_LONG_TEXT = 60


@dataclass(frozen=True)
class Table:
    """A table: its headings, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read(words: str, *, any_case: bool = False) -> list[Table]:
    """The tables that kubectl printed; none where any part of its words is no sure table.

    Args:
        words: what it printed: tables, separated by blank lines.
        any_case: headings need not be in capitals: `-o custom-columns` takes them from the command.
    """
    tables = [_table(block.split("\n"), any_case) for block in words.rstrip("\n").split("\n\n")]
    found = [table for table in tables if table is not None]
    return found if len(found) == len(tables) else []


def _table(lines: list[str], any_case: bool) -> Table | None:
    starts = [match.start() for match in _BEGINS.finditer(lines[0])]
    if not starts or starts[0] != 0 or not all(_fits(line, starts) for line in lines):
        return None
    columns, *rows = [_cells(line, starts) for line in lines]
    if not any_case and not all(_HEADING.fullmatch(column) for column in columns):
        return None
    return Table(columns, tuple(rows))


def _fits(line: str, starts: Sequence[int]) -> bool:
    """Whether no cell of the line reaches into the next column's place."""
    return len(line) >= starts[-1] and all(
        line[start - len(GAP) : start] == GAP for start in starts[1:]
    )


def _cells(line: str, starts: Sequence[int]) -> tuple[str, ...]:
    ends = [*starts[1:], len(line)]
    return tuple(line[start:end].strip() for start, end in zip(starts, ends, strict=True))


def as_html(tables: Iterable[Table]) -> str:
    """The tables as HTML, in which no name from the cluster can be more than text."""
    return "\n".join(map(_as_html, tables))


def _as_html(table: Table) -> str:
    head = "".join(
        f'<th scope="col" style="{_SHORT}">{html.escape(name)}</th>' for name in table.columns
    )
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return (
        '<div class="tex2jax_ignore" style="overflow-x:auto"><table class="kubelab-table">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(text: str) -> str:
    style = _CELL if len(text) > _LONG_TEXT else _SHORT
    return f'<td style="{style}">{html.escape(text)}</td>'


def as_text(table: Table) -> str:
    """The table as kubectl would print it, without a last line break."""
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
