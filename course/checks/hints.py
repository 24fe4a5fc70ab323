"""The hint ladder of a task: three steps, one more at each run of its cell.

course/content/LESSON/hints.toml:

    [TASK]                        the id of the task's first answer cell
    steps = ["…", "…", "…"]       Markdown, from a nudge to nearly the answer

A hint costs nothing. How far a student went is noted in `hints.json` beside the notebook, {"TASK": step};
nbgrader's submit takes the file along, and the grader reports it (`grader.hints`).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from course.errors import ContentError
from course.language import SOURCE, _, spoken
from course.pace import pace

STEPS = 3
FILE = "hints.json"
_CONTENT = Path(__file__).resolve().parent.parent / "content"  # (the grader's sandbox has none)
# What says that nobody is reading: the grader's kernels, nbgrader's Autograde and its Validate.
_NOBODY = ("KUBELAB_KERNEL", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING")


def hint(lesson: str, task: str) -> None:
    """Show the hints taken so far and one more, and note how far that is.

    Where the cell ran in a row with others, the student asked for no hint: no new one is shown. Under the
    grader and Validate nothing happens at all.

    Raises:
        ContentError: the lesson has no such task, or its hints are not as they must be.
    """
    if any(os.environ.get(name) for name in _NOBODY):
        return
    text_of(lesson, task, 1)
    path = notebook_folder() / FILE
    noted = taken(path)
    before = noted.get(task, 0)
    step = before if pace.in_a_row else min(before + 1, STEPS)
    problem = _note(path, {**noted, task: step}) if step != before else ""
    texts = [text_of(lesson, task, number) for number in range(1, step + 1)]
    _show(
        [*(_numbered(number, text) for number, text in enumerate(texts, 1)), _more(step), problem]
    )


def text_of(lesson: str, task: str, step: int) -> str:
    """The text of one step of a task, 1 to 3, as Markdown, in the language that is spoken."""
    try:
        english = ladders(lesson)[task][step - 1]
    except KeyError:
        raise ContentError(
            f"The lesson {lesson} has no hints for a task {task}.",
            f"There are hints for: {', '.join(ladders(lesson)) or 'none'}.",
        ) from None
    if spoken() == SOURCE:
        return english
    from course.catalogue import in_language  # the catalogue takes a moment to import

    return in_language(lesson, f"hints/{task}", english, spoken())


@cache
def ladders(lesson: str) -> dict[str, tuple[str, ...]]:
    """The hints of each task of a lesson, in the file's order; empty where it has none.

    Raises:
        ContentError: the file is not as it must be.
    """
    path: Path = _CONTENT / lesson / "hints.toml"
    if not path.exists():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise ContentError(f"{lesson}/hints.toml cannot be read: {problem}") from problem
    return {task: _steps(f"{lesson}/hints.toml: [{task}]", entry) for task, entry in data.items()}


def _steps(place: str, entry: Any) -> tuple[str, ...]:
    steps = entry.get("steps") if isinstance(entry, dict) and len(entry) == 1 else None
    texts = steps if isinstance(steps, list) else []
    if len(texts) != STEPS or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ContentError(f"{place} must hold `steps`, a list of {STEPS} texts, and nothing else.")
    return tuple(texts)


def taken(path: Path) -> dict[str, int]:
    """How many steps of each task were taken, as a file has it; nothing where it cannot be read."""
    try:
        return known(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def known(data: Any) -> dict[str, int]:
    """Of what a file holds, what has the form {"TASK": 1 to 3}."""
    if not isinstance(data, Mapping):
        return {}
    return {
        task: step
        for task, step in data.items()
        if isinstance(task, str) and type(step) is int and 1 <= step <= STEPS
    }


def _note(path: Path, steps: Mapping[str, int]) -> str:
    """Write the file, whole or not at all; returns what went wrong, in words."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(json.dumps(steps, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        return _(
            "(That you took this hint could not be noted in {path}: {problem}.)",
            path=path,
            problem=problem.strerror,
        )
    return ""


def notebook_folder() -> Path:
    """The notebook's folder: where its kernel was started, wherever the student's code went since."""
    shell = _shell()
    return Path(shell.starting_dir) if shell is not None else Path.cwd()


def _numbered(number: int, text: str) -> str:
    return _("**Hint {number} of {count}.**", number=number, count=STEPS) + f" {text}"


def _more(step: int) -> str:
    if step == 0:
        return _(
            "There are {count} hints. Run this cell by itself, and you see the first.", count=STEPS
        )
    if step < STEPS:
        return _("*Run this cell again for one hint more.*")
    return ""


def _show(paragraphs: list[str]) -> None:
    text = "\n\n".join(one for one in paragraphs if one)
    if _shell() is None:
        print(text)
        return
    from IPython.display import Markdown, display

    display(Markdown(text))


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
