"""The step of nbgrader's autograde that executes: papermill's, by our engine, with honest marks.

Configured by the names of traits, so that `nbgrader autograde` on the command line uses it as well:
see `grader.config`. `lab grade` executes many submissions at once before, and this step then takes what
came of them: nbgrader itself records one after the other.
"""

from __future__ import annotations

import atexit
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from papermill.parameterize import parameterize_notebook
from traitlets import Bool, Dict, Enum, Integer, Unicode

from course.cluster import KINDS
from grader import ISOLATIONS, hints
from grader.engine import NotGradableError
from grader.isolation import sandbox
from grader.journal import Journal
from grader.limits import Limits
from grader.marks import Ran, outcome_of
from grader.outcomes import Row, opened
from grader.parameters import of_assignment, private
from grader.places import PARAMETERS, note_places
from grader.pool import Executed, Pool
from grader.reports.text import clean


class PapermillExecute(Execute):  # type: ignore[misc]
    """Executes by papermill; a graded cell that did not run to its end gets nothing."""

    isolation = Enum(ISOLATIONS, ISOLATIONS[0], help="What stands around the student's code.").tag(
        config=True
    )
    cluster = Bool(True, help="Whether the notebooks need a cluster.").tag(config=True)
    cell_seconds = Integer(Limits.cell, help="Seconds for one cell.").tag(config=True)
    submission_seconds = Integer(Limits.submission, help="Seconds for a submission.").tag(
        config=True
    )
    parameters = Dict(help="Values for the parameters cell, by assignment.").tag(config=True)
    executed = Unicode(help="The folder of notebooks that were executed before.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Execute, then make the marks that nbgrader's scoring reads."""
        named = resources["nbgrader"]
        if self.executed:
            nb = Journal(self.executed).notebook(
                named["assignment"], named["student"], named["notebook"]
            )
        else:
            work = "\0".join(cell.source for cell in nb.cells)
            secret = private(named["assignment"], secrets.token_bytes(32), work)
            done = self._execute(ready(nb, self._values(named["assignment"]), secret))
            self._remember(named, done, Path(resources["metadata"]["path"]))
            if done.notebook is None:
                raise NotGradableError(done.problem)
            nb = done.notebook
        for cell in nb.cells:
            cell.metadata.pop("papermill", None)
            if cell.cell_type == "code":
                _make_honest(cell)
        return nb, resources

    def _values(self, assignment: str) -> dict[str, Any]:
        given = self.parameters.get(assignment)
        return of_assignment(assignment) if given is None else dict(given)

    def _remember(self, named: Mapping[str, str], done: Executed, folder: Path) -> None:
        """Put the outcome into the gradebook; without a key, so that `lab grade` grades it itself.

        The folder is nbgrader's copy of what was handed in.
        """
        outcome, reason = "not gradable", done.problem
        if done.notebook is not None:
            noted = done.notebook.metadata["kubelab"]
            outcome, reason = noted["outcome"], clean(noted["reason"])
        where = (named["assignment"], named["student"])
        row = Row(*where, outcome, reason, self.isolation, done.attempts, done.seconds, key="")
        with opened(named["db_url"]) as outcomes:
            outcomes.put(row)
            outcomes.put_help(*where, hints.used(folder, named["assignment"]))

    def _execute(self, nb: NotebookNode) -> Executed:
        limits = Limits(cell=self.cell_seconds, submission=self.submission_seconds)
        key = (self.isolation, self.cluster, limits)
        if key not in _pools:
            isolated = self.isolation != "none"
            where = sandbox.prepared(isolated=isolated)
            cluster = KINDS[0] if self.cluster else ""
            pool: Pool[int] = Pool(where, jobs=1, isolated=isolated, cluster=cluster, limits=limits)
            _pools[key] = pool
            atexit.register(pool.__exit__)
        [(_, done)] = _pools[key].run([(0, nb)])
        return cast("Executed", done)


_pools: dict[Any, Any] = {}
"""The pools of this process: nbgrader makes a new preprocessor for each submission."""


def ready(
    nb: NotebookNode, values: Mapping[str, Any], secret: Mapping[str, Any] | None = None
) -> NotebookNode:
    """A sanitised notebook made ready to execute: the parameters are in it, and every cell's kernel.

    Args:
        nb: the notebook.
        values: for the parameters cell.
        secret: for the examiner's kernel alone; a name that `values` has, too, keeps that value.
    """
    wanted = {name: value for name, value in values.items() if _has_parameter(nb, name)}
    if wanted:
        nb = _with_parameters(nb, wanted)
    note_places(nb)
    for cell in nb.cells:
        if PARAMETERS[1] in cell.metadata.get("tags", []):
            cell.metadata["kubelab"] = {"place": "both"}
    hidden = {name: value for name, value in (secret or {}).items() if name not in wanted}
    if hidden and (teachers := _parameters_cell(nb)) is not None:
        text = "\n".join(f"{name} = {value!r}" for name, value in hidden.items())
        cell = new_code_cell(text, metadata={"tags": [], "kubelab": {"place": "examiner"}})
        nb.cells.insert(nb.cells.index(teachers) + 1 + bool(wanted), cell)
    return nb


def _has_parameter(nb: NotebookNode, name: str) -> bool:
    cell = _parameters_cell(nb)
    return cell is not None and any(
        line.split("=")[0].split(":")[0].strip() == name for line in cell.source.splitlines()
    )


def _parameters_cell(nb: NotebookNode) -> NotebookNode | None:
    """The teacher's parameters cell: a locked one. A student's cell of the same tag is none."""
    for cell in nb.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked")
        if locked and PARAMETERS[0] in cell.metadata.get("tags", []):
            return cell
    return None


def _with_parameters(nb: NotebookNode, values: dict[str, Any]) -> NotebookNode:
    teachers = _parameters_cell(nb)
    for cell in nb.cells:
        tags = cell.metadata.setdefault("tags", [])  # papermill reads them of every cell
        if cell is not teachers:
            cell.metadata["tags"] = [tag for tag in tags if tag not in PARAMETERS]
    nb.metadata.setdefault("papermill", NotebookNode())
    return parameterize_notebook(nb, values)


def _make_honest(cell: NotebookNode) -> None:
    """Bring a cell's outputs into the form from which nbgrader's rules give the honest score.

    nbgrader takes an error or any word on the standard error for nothing, no output for full points.
    So a cell that did not end well gets an error, and one that did keeps its warnings on the standard
    output.
    """
    ran, reason = outcome_of(cell)
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
