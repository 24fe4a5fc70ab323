"""The step of nbgrader's autograde that executes: papermill's, by our engine, with honest marks.

Configured by the names of traits, so that `nbgrader autograde` on the command line uses it as well:
see `grader.config`.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from papermill.parameterize import parameterize_notebook
from traitlets import Dict, Integer, List, Unicode

from grader import engine
from grader.engine import Limits, Ran

_OUR_FAULT = ("ClusterUnreachableError",)
_TAGS = ("parameters", "injected-parameters")


class NotGradableError(Exception):
    """What was needed for grading was not there. nbgrader records nothing then."""


class PapermillExecute(Execute):  # type: ignore[misc]
    """Executes by papermill; a graded cell that did not run to its end gets nothing."""

    cell_seconds = Integer(120, help="Seconds for one cell.").tag(config=True)
    submission_seconds = Integer(600, help="Seconds for a whole submission.").tag(config=True)
    variables = Dict(help="Environment variables for the kernel.").tag(config=True)
    wrap = List(Unicode(), help="The command that precedes the kernel's.").tag(config=True)
    parameters = Dict(help="Values for the notebook's parameters cell.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Execute, then make the marks that nbgrader's scoring reads."""
        wanted = {
            name: value for name, value in self.parameters.items() if _has_parameter(nb, name)
        }
        if wanted:
            nb = _with_parameters(nb, wanted)
        limits = Limits(cell=self.cell_seconds, submission=self.submission_seconds)
        env = os.environ | dict(self.variables)
        with (
            tempfile.TemporaryDirectory(prefix="kubelab-grade-") as cwd,
            tempfile.TemporaryFile() as words,
        ):
            try:
                nb = engine.run(nb, limits=limits, env=env, cwd=cwd, wrap=self.wrap, words=words)
            except Exception as problem:
                words.seek(0)
                said = words.read()[-500:].decode("utf-8", "replace").strip()
                raise NotGradableError(
                    f"The kernel could not be started or spoken to: {problem}. {said}".rstrip()
                ) from problem
        _note(nb)
        for cell in nb.cells:
            cell.metadata.pop("papermill", None)
            if cell.cell_type == "code":
                _make_honest(cell)
        return nb, resources


def _has_parameter(nb: NotebookNode, name: str) -> bool:
    cell = _parameters_cell(nb)
    return cell is not None and any(
        line.split("=")[0].split(":")[0].strip() == name for line in cell.source.splitlines()
    )


def _parameters_cell(nb: NotebookNode) -> NotebookNode | None:
    """The teacher's parameters cell: a locked one. A student's cell of the same tag is none."""
    for cell in nb.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked")
        if locked and "parameters" in cell.metadata.get("tags", []):
            return cell
    return None


def _with_parameters(nb: NotebookNode, values: dict[str, Any]) -> NotebookNode:
    teachers = _parameters_cell(nb)
    for cell in nb.cells:
        tags = cell.metadata.setdefault("tags", [])  # papermill reads them of every cell
        if cell is not teachers:
            cell.metadata["tags"] = [tag for tag in tags if tag not in _TAGS]
    nb.metadata.setdefault("papermill", NotebookNode())
    return parameterize_notebook(nb, values)


def _note(nb: NotebookNode) -> None:
    """Note what came of the whole notebook; our own faults end the grading of it."""
    outcome, reason = "scored", ""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        ran, why = engine.outcome_of(cell)
        if ran is Ran.FAILED and is_grade(cell) and why.startswith(_OUR_FAULT):
            raise NotGradableError(f"Cell {engine.name_of(cell, index)}: {why}")
        if outcome == "scored" and ran in {Ran.DIED, Ran.TIMED_OUT}:
            outcome = "crashed" if ran is Ran.DIED else "timed out"
            reason = f"Cell {engine.name_of(cell, index)}: {why}."
        elif outcome == "scored" and ran is Ran.NOT:
            outcome, reason = "timed out", f"{why[:1].upper()}{why[1:]}."
    nb.metadata["kubelab"] = {"outcome": outcome, "reason": reason}


def _make_honest(cell: NotebookNode) -> None:
    """Bring a cell's outputs into the form from which nbgrader's rules give the honest score.

    nbgrader takes an error or any word on the standard error for nothing, no output for full points.
    So a cell that did not end well gets an error, and one that did keeps its warnings on the standard
    output.
    """
    ran, reason = engine.outcome_of(cell)
    if ran is Ran.WELL:
        for output in cell.outputs if is_grade(cell) else []:
            if output.output_type == "stream":
                output.name = "stdout"
        return
    if any(output.output_type == "error" for output in cell.outputs):
        return
    text = f"This cell {_WORDS[ran]}: {reason}." if reason else f"This cell {_WORDS[ran]}."
    error = {"output_type": "error", "ename": "NotFinished", "evalue": text, "traceback": [text]}
    cell.outputs.append(from_dict(error))


_WORDS = {
    Ran.FAILED: "failed",
    Ran.TIMED_OUT: "was ended",
    Ran.DIED: "did not end",
    Ran.NOT: "did not run",
}
