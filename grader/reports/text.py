"""Text that students had a hand in, made fit for the files it goes to; and numbers as people write them."""

from __future__ import annotations

import re

# Colours and cursor movements of a terminal: a traceback in a reason may carry them.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# What XML 1.0 has no place for (production Char), the C1 controls, which it only discourages, and the marks
# that turn the direction of writing, with which a text can look like another.
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without terminal codes; for characters that no report should hold stands U+FFFD."""
    plain = _TERMINAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _NO_TEXT.sub("\ufffd", plain)


def encodable(text: str) -> str:
    """The text with halves of surrogate pairs replaced: nothing else keeps a text from being UTF-8."""
    return _HALF_PAIR.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The cleaned text on one line; ` / ` stands where a line ended."""
    rows = (" ".join(row.split()) for row in clean(text).splitlines())
    return " / ".join(row for row in rows if row)


def shortened(text: str, most: int) -> str:
    """The text, cut to `most` characters with a note that it is cut."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… [cut: {len(text) - most:,} more characters]"


def number(value: float) -> str:
    """A number with at most four decimal places, never in scientific notation."""
    short = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
