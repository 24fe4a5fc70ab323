"""The views' style sheet: a rule that swallows those after it shows in no other test."""

from __future__ import annotations

import re

from course.views.live.display import STYLE

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def test_every_rule_ends_before_the_next_begins() -> None:
    depth, rules = 0, _COMMENT.sub("", STYLE.read_text())
    for number, line in enumerate(rules.splitlines(), 1):
        depth += line.count("{") - line.count("}")
        inside = 2 if "@" in line or line.startswith(" ") else 1
        assert 0 <= depth <= inside, f"line {number}: {line}"
    assert depth == 0


def test_no_class_is_two_things() -> None:
    """Sections of the sheet belong to views; a class that two of them style is styled by accident."""
    plain = re.findall(r"^(\.kl-[a-z-]+) \{", _COMMENT.sub("", STYLE.read_text()), re.MULTILINE)
    assert sorted(plain) == sorted(set(plain))
