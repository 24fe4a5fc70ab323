"""A hostile submission as a file: tests/hostile/cases/NAME.toml.

about       what it tries, in a sentence
assignment  "tiny" (where nothing is said) or "pods"
base        "stub": other answers are empty (where nothing is said), or "solution": they are right
[answers]   an answer cell's id = its text; {old} in it stands for the base's text
[[extra]]   a cell of the student's own: cell, where = "before" | "after", text, and maybe metadata, type
[[edit]]    a change of a cell: cell, do = see `tests.hostile.edits`, and what that needs
[notebook]  metadata = what goes into the notebook's metadata, convert = an nbformat to write
[raw]       instead of all that: text, base64 or kind = see `tests.hostile.handin`
[files]     other files of the submission: path = text
[links]     and symbolic links: path = target
file        the notebook's file name, where it is not exercise.ipynb
student     the student's name, where it is not the case's

outcome     one of the outcomes, or a list of those that will do
score       exactly, or `most` at most
reason      words that the reasons must hold
says        words that the outputs must hold: the attack has run; ["ATTACKED"] where nothing is said
absent      words that neither outputs nor reasons may hold, beside `NEVER`
[limits]    grader.limits.Limits' fields, where others than the suite's are wanted
open        why the grader's contract does not cover it yet: it may fail
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile import tiny

FOLDER = Path(__file__).resolve().parent / "cases"
OUTCOMES = frozenset({"scored", "crashed", "timed out", "not gradable"})
NEVER = ("GAINED:", "LEAK:")
_RAN = ("ATTACKED",)


@dataclass(frozen=True)
class Case:
    """One of them; see the module."""

    name: str
    about: str
    outcome: tuple[str, ...]
    assignment: str = tiny.ASSIGNMENT
    base: str = "stub"
    answers: dict[str, str] = field(default_factory=dict)
    extra: tuple[dict[str, Any], ...] = ()
    edit: tuple[dict[str, Any], ...] = ()
    notebook: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    file: str = "exercise.ipynb"
    student: str = ""
    score: float | None = None
    most: float | None = None
    reason: tuple[str, ...] = ()
    says: tuple[str, ...] = _RAN
    absent: tuple[str, ...] = ()
    limits: dict[str, float] = field(default_factory=dict)
    open: str = ""

    def __post_init__(self) -> None:
        """Hold the file to its form."""
        place = f"cases/{self.name}.toml"
        assert set(self.outcome) <= OUTCOMES, f"{place}: {self.outcome} is no outcome"
        assert self.base in ("stub", "solution"), f"{place}: {self.base} is no base"
        assert (self.score is None) != (self.most is None), f"{place}: a score, or the most"
        code = [*self.answers.values(), *(one["text"] for one in self.extra)]
        assert self.raw or self.edit or self.notebook or self.files or self.links or code, place
        if _RAN[0] in self.says:
            assert any("attacked(" in text for text in code), f"{place}: it never says so"

    @property
    def who(self) -> str:
        """The student's name."""
        return self.student or self.name

    @property
    def again(self) -> str:
        """The command that grades this case alone, with the controls beside it."""
        return f"./lab test 'tests/hostile/test_hostile.py::test_case[{self.name}]'"


def load(name: str) -> Case:
    """Read one."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    outcome = data.pop("outcome", "scored")
    data["outcome"] = (outcome,) if isinstance(outcome, str) else tuple(outcome)
    for key in ("extra", "edit", "reason", "says", "absent"):
        if key in data:
            data[key] = tuple(data[key])
    return Case(name, **data)


def names() -> list[str]:
    """All of them."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
