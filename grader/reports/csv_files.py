"""`results.csv` and `items.csv`: tables for a spreadsheet.

Both begin with a byte-order mark, without which Excel does not read them as UTF-8. Text that a spreadsheet
would calculate as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from grader.hints import task_of
from grader.reports.text import clean, number, one_line, shortened
from grader.results import Item, Reason, Result

_RESULTS = [
    "student",
    "assignment",
    "score",
    "max_score",
    "late_penalty",
    "outcome",
    "isolation",
    "attempts",
    "seconds",
    "hints",
    "solutions",
    "reasons",
]
_ITEMS = [
    "student",
    "assignment",
    "outcome",
    "cell",
    "score",
    "max_score",
    "checks_held",
    "checks",
    "hints",
    "solution",
    "reasons",
]

# How a formula begins: in English, and in the full-width forms that some spreadsheets take for the same.
_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠|%]")
# Where a spreadsheet splits at semicolons, as it does in much of Europe, a formula may begin behind one.
_INNER = re.compile(r"([;\t]\s*)(?=[=+\-@＝＋－＠])")
_CELL = 32_000  # characters; Excel holds 32,767 in a cell


def guarded(text: str) -> str:
    """The text on one line, such that no spreadsheet calculates it."""
    # A tab or a line's end at the very beginning is as good as an equals sign, and one_line drops it.
    plain = shortened(_INNER.sub(r"\1'", one_line(text)), _CELL)
    return f"'{plain}" if _FORMULA.match(plain) or clean(text)[:1] in ("\t", "\n") else plain


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, mark: bool = True) -> bytes:
    """A CSV file (RFC 4180, UTF-8), with a byte-order mark unless `mark` is false."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")


def points(score: float | None) -> str:
    """A score; nothing, and never a zero, where there is none."""
    return "" if score is None else number(score)


def results(results: Sequence[Result]) -> bytes:
    """`results.csv`: a row for each submission."""
    return table(_RESULTS, (_row(one) for one in results))


def items(results: Sequence[Result]) -> bytes:
    """`items.csv`: a row for each submission and graded cell."""
    return table(_ITEMS, (_item_row(one, item) for one in results for item in one.items))


def _row(one: Result) -> list[str]:
    return [
        guarded(one.student),
        guarded(one.assignment),
        points(one.score),
        number(one.max_score),
        number(one.late_penalty),
        str(one.outcome),
        guarded(one.isolation),
        str(one.attempts),
        f"{one.seconds:.3f}",
        str(sum(one.hints.values())),
        str(len(one.solutions)),
        guarded(_joined(one.reasons)),
    ]


def _item_row(one: Result, item: Item) -> list[str]:
    return [
        guarded(one.student),
        guarded(one.assignment),
        str(one.outcome),
        guarded(item.cell),
        # Cells of a submission that could not be graded have no score either.
        "" if one.score is None else number(item.score),
        number(item.max_score),
        str(sum(check.held for check in item.checks)),
        str(len(item.checks)),
        str(one.hints.get(task_of(item.cell), 0)),
        str(int(task_of(item.cell) in one.solutions)),
        guarded(_joined([reason for reason in one.reasons if reason.cell == item.cell])),
    ]


def _joined(reasons: Sequence[Reason]) -> str:
    return " | ".join(_words(reason) for reason in reasons)


def _words(reason: Reason) -> str:
    lost = f" (−{number(reason.points)})" if reason.points else ""
    where = f"{reason.cell}{lost}".strip()
    return f"{where}: {one_line(reason.text)}" if where else one_line(reason.text)
