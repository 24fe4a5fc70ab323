"""Runs a task's test cell in the student's kernel, as the cell itself would run, and keeps how it came out."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course.checks import kept
from course.checks.hints import notebook_folder
from course.checks.kept import TEST, Kept
from course.checks.scorecard import Scorecard
from course.interactive import interactive
from course.language import _


@dataclass(frozen=True)
class Checked:
    """What a run of a test cell said.

    Attributes:
        text: its lines, as the cell prints them.
        card: the scorecard; None where the cell did not get to its end.
    """

    text: str
    card: Scorecard | None = None


def run(source: str, shell: Any) -> Checked:
    """Run a test cell in the shell's namespace.

    It does not go through the shell's run_cell: that would count as a cell of the student's, and show its tracebacks
    where nobody looks.
    """
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            card = _value(shell.transform_cell(source), shell.user_ns)
            if isinstance(card, Scorecard):
                card.result()  # it says which points wait
                return Checked(said.getvalue(), card)
    except KeyboardInterrupt:
        problem = _("The check was stopped.")
    except NameError as error:
        problem = _("{error}. Run the cells at the notebook's beginning first.", error=error)
    except (
        Exception
    ) as error:  # whatever the test came upon: the student reads it in place of the points
        problem = _(
            "The check could not be made: {error}", error=f"{type(error).__name__}: {error}"
        )
    else:
        problem = _("The test cell has no scorecard.")
    return Checked(f"{said.getvalue()}{problem}")


def _value(source: str, namespace: dict[str, Any]) -> Any:
    """Execute the code; the value of its last line, where that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<check>", "exec"), namespace)  # noqa: S102 - the course's own cell
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<check>", "eval"), namespace)  # noqa: S307


def keep(path: Path, task: str, card: Scorecard) -> str:
    """Keep how a task's checks came out; returns what went wrong, in words."""
    before = kept.read(path).get(task, Kept())
    holds = all(line.held for line in card.lines)
    entry = replace(before, points=card.points, seen=card.declared, held=card.earned, holds=holds)
    return "" if entry == before else kept.note(path, task, entry)


heard: list[Callable[[str, str], None]] = []
"""Called with a task and what could not be kept, after each test cell that a person has run."""


def listen(shell: Any) -> None:
    """Begin to keep how the test cells come out that a person runs; a second time changes nothing."""
    if _after not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after)


def _after(result: Any) -> None:
    cell, card = getattr(result.info, "cell_id", None) or "", result.result
    if not (cell.endswith(TEST) and isinstance(card, Scorecard) and interactive()):
        return
    task = cell.removesuffix(TEST)
    problem = keep(notebook_folder() / kept.FILE, task, card)
    for one in heard:
        one(task, problem)
