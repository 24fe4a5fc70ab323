"""The hint ladder of a task: three steps, one more at each press of a button, or at each run of its cell.

course/content/LESSON/hints.toml:

    [TASK]                        the id of the task's first answer cell
    steps = ["…", "…", "…"]       Markdown, from a nudge to nearly the answer

A hint costs nothing. How far a student went is kept beside the notebook (`course.checks.kept`). Where a person sits
before the notebook, the cell shows the buttons of `course.views.help`.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from course.checks import kept
from course.checks.kept import FILE, STEPS
from course.errors import ContentError
from course.interactive import interactive
from course.language import SOURCE, _, spoken
from course.pace import pace

_CONTENT = Path(__file__).resolve().parent.parent / "content"  # (the grader's sandbox has none)
# What says that nobody is reading: the grader's kernels, nbgrader's Autograde and its Validate.
_NOBODY = ("KUBELAB_KERNEL", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING")


def hint(lesson: str, task: str) -> None:
    """Show a task's help: buttons, and the hints taken so far; where nobody sits there, one hint more.

    Where the cell ran in a row with others, the student asked for no hint: no new one is shown. Under the
    grader and Validate nothing happens at all.

    Raises:
        ContentError: the lesson has no such task, or its hints are not as they must be.
    """
    if any(os.environ.get(name) for name in _NOBODY):
        return
    text_of(lesson, task, 1)
    if interactive():
        from course.views import help as buttons  # ipywidgets takes a moment to import

        buttons.show(lesson, task)
        return
    before = kept.read(notebook_folder() / FILE).get(task, kept.Kept()).hints
    step, problem = (before, "") if pace.in_a_row else take(task)
    _show([*texts(lesson, task, step), _more(step), problem])


def take(task: str) -> tuple[int, str]:
    """Note that one hint more was taken; returns how many that makes, and what went wrong, in words."""
    path = notebook_folder() / FILE
    before = kept.read(path).get(task, kept.Kept())
    if before.hints == STEPS:
        return STEPS, ""
    step = before.hints + 1
    return step, kept.note(path, task, replace(before, hints=step))


def texts(lesson: str, task: str, steps: int) -> list[str]:
    """The first steps of a task's ladder, each with its number, as Markdown."""
    return [_numbered(number, text_of(lesson, task, number)) for number in range(1, steps + 1)]


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
    said = steps if isinstance(steps, list) else []
    if len(said) != STEPS or not all(isinstance(text, str) and text.strip() for text in said):
        raise ContentError(f"{place} must hold `steps`, a list of {STEPS} texts, and nothing else.")
    return tuple(said)


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
