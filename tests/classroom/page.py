"""The page for teachers, read as its readers read it: a heading, and the commands below it."""

from __future__ import annotations

import re

from course import paths

PAGE = paths.ROOT / "grader" / "TEACHING.md"


def blocks() -> dict[str, list[str]]:
    """The blocks of commands, by heading; a heading without any is left out."""
    found: dict[str, list[str]] = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        if commands := re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            found[heading] = commands
    return found
