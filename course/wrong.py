"""The wrong answers that an exercise ships with: what they must earn, and the words that they must get.

course/content/LESSON/wrong/NAME.toml:

    about = "what the student got wrong"
    [answers]   an answer cell's id = its text; the other cells hold the solution
    [points]    a test cell's id = the points that it must give; the others give all
    [words]     a test cell's id = words that its reasons must hold
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from course.build import CONTENT
from course.errors import ContentError

_KEYS = frozenset({"about", "answers", "points", "words"})


@dataclass(frozen=True)
class Wrong:
    """One wrong answer."""

    name: str
    about: str
    answers: dict[str, str]
    points: dict[str, float]
    words: dict[str, list[str]] = field(default_factory=dict)


def names(lesson: str) -> list[str]:
    """The wrong answers of a lesson's exercise."""
    return sorted(path.stem for path in (CONTENT / lesson / "wrong").glob("*.toml"))


def load(lesson: str, name: str) -> Wrong:
    """One of them.

    Raises:
        ContentError: the file is not there or not as it must be.
    """
    path: Path = CONTENT / lesson / "wrong" / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ContentError(f"{lesson}/wrong/{name}.toml cannot be read: {problem}") from problem
    if set(data) - _KEYS or not {"about", "answers", "points"} <= set(data):
        raise ContentError(
            f"{lesson}/wrong/{name}.toml needs about, answers and points; words may be."
        )
    answers = {cell: text.strip("\n") for cell, text in data["answers"].items()}
    return Wrong(name, data["about"], answers, data["points"], data.get("words", {}))
