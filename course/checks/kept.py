"""What is kept beside a student's notebook, in `hints.json`: of each task, the help that was taken and what last held.

    {"TASK": {"hints": 2, "solution": true, "points": 3, "seen": 2, "held": 1.5, "holds": false}}

nbgrader's submit takes the file along, and the grader reports the help (`grader.hints`). A number in an entry's place
is that of the hints. It is a student's own file and may hold anything: what is not of this form is left out.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course.language import _

FILE = "hints.json"
STEPS = 3
"""How many hints a task has."""
TEST = "-test"
"""The test cell of a task is TASK-test."""


@dataclass(frozen=True)
class Kept:
    """One task's entry.

    Attributes:
        hints: how many hints were taken.
        solution: whether the solution was shown.
        points: what the task gives; 0 where its checks never ran.
        seen: the points of the checks that a student can see.
        held: the points of those that held when they last ran.
        holds: whether all of them held; some give no points.
    """

    hints: int = 0
    solution: bool = False
    points: float = 0.0
    seen: float = 0.0
    held: float = 0.0
    holds: bool = False

    @property
    def checked(self) -> bool:
        """Whether its checks have ever run."""
        return self.points > 0


def read(path: Path) -> dict[str, Kept]:
    """The tasks' entries, as a file has them; nothing where it cannot be read."""
    try:
        return known(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def known(data: Any) -> dict[str, Kept]:
    """Of what a file holds, the entries that say something."""
    if not isinstance(data, Mapping):
        return {}
    entries = {task: _entry(entry) for task, entry in data.items() if isinstance(task, str)}
    return {task: entry for task, entry in entries.items() if entry != Kept()}


def note(path: Path, task: str, entry: Kept) -> str:
    """Put a task's entry into the file, which is written whole or not at all; returns what went wrong, in words."""
    tasks = {**read(path), task: entry}
    text = json.dumps({name: asdict(one) for name, one in tasks.items()}, indent=1) + "\n"
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        return _("It could not be noted in {path}: {problem}.", path=path, problem=problem.strerror)
    return ""


def _entry(said: Any) -> Kept:
    if not isinstance(said, Mapping):
        return Kept(hints=_hints(said))
    points, seen, held = (_points(said.get(name)) for name in ("points", "seen", "held"))
    seen = min(seen, points)
    marks = {name: said.get(name) is True for name in ("solution", "holds")}
    return Kept(_hints(said.get("hints")), points=points, seen=seen, held=min(held, seen), **marks)


def _hints(said: Any) -> int:
    return said if type(said) is int and 1 <= said <= STEPS else 0


def _points(said: Any) -> float:
    good = type(said) in (int, float) and math.isfinite(said) and said > 0
    return float(said) if good else 0.0
