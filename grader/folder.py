"""Grades a course folder: nbgrader's layout in, nbgrader's gradebook out.

FOLDER/submitted/STUDENT/ASSIGNMENT/*.ipynb     what students handed in: the only part that must be there
FOLDER/source, release/ASSIGNMENT               written by us for this course's lessons
FOLDER/autograded/STUDENT/ASSIGNMENT            what was executed, with its outputs
FOLDER/gradebook.db, nbgrader_config.py         for `nbgrader formgrader`, `generate_feedback`, `export`
FOLDER/.kubelab                                 what is done already, for a run that was killed

Executing goes on in parallel, recording is done one after the other, here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course import locks
from course.cluster import KINDS
from course.progress import Progress, silent
from grader import ISOLATIONS, config, kind_place
from grader.assignments import Assignment
from grader.isolation import sandbox
from grader.journal import Entry, Journal, key_of
from grader.limits import Limits
from grader.outcomes import opened
from grader.pool import Executed, Pool
from grader.record import Recorder
from grader.results import Result
from grader.submissions import Submission, problems, some

_LOCK_FOR = 5.0


def grade_folder(
    folder: Path,
    *,
    jobs: int = 1,
    isolation: str = ISOLATIONS[0],
    cluster: str = KINDS[0],
    parameters: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    again: bool = False,
    on_result: Callable[[Result], None] = lambda _result: None,
    progress: Progress = silent,
) -> list[Result]:
    """Grade every submission in FOLDER/submitted/STUDENT/ASSIGNMENT, each on a cluster that is as new.

    What was graded before, and has not changed since, is not graded again.

    Args:
        folder: nbgrader's course folder.
        jobs: how many submissions are executed at once.
        isolation: 'sandbox', or 'none': the students' code then can do what you can.
        cluster: where the clusters come from, one of course.cluster.KINDS; empty for exercises that need none.
        parameters: values for the parameters cell; None takes those of the course.
        limits: what a submission may use.
        again: grade all of them again.
        on_result: told each result as soon as it is recorded.
        progress: told how far a build is that has to be done first.

    Raises:
        GradeError: there is nothing to grade, an assignment that nobody knows, or another run at work.
        IsolationError: this machine has no sandbox, or none that reaches such clusters.
    """
    folder = folder.resolve()
    wanted = some(folder)
    if cluster == "kind":
        kind_place.refuse_sandbox(isolation)
        kind_place.prepare(progress)
        kind_place.remove_orphans()
    where = sandbox.prepared(isolated=isolation != "none", progress=progress)
    (folder / ".kubelab").mkdir(exist_ok=True)
    with (
        locks.held(folder / ".kubelab" / "lock", _LOCK_FOR, f"grading {folder}"),
        config.nbgraders_needs(),
    ):
        config.write(folder)
        run = _Run(folder, wanted, parameters, limits or Limits(), isolation, again)
        with opened(run.recorder.database) as run.recorder.outcomes:
            pool: Pool[tuple[_Task, str]] = Pool(
                where, jobs=jobs, isolated=isolation != "none", cluster=cluster, limits=run.limits
            )
            results = []
            try:
                for result in run.results(pool):
                    on_result(result)
                    results.append(result)
            finally:
                if cluster == "kind":
                    kind_place.remove_orphans()
    return sorted(results, key=lambda one: (one.assignment, one.student))


class _Task:
    """One submission on its way: its notebooks are executed one by one."""

    def __init__(self, submission: Submission, key: str) -> None:
        self.submission, self.key = submission, key
        self.left = 0
        self.done: dict[str, Executed] = {}


class _Run:
    """One run over a folder."""

    def __init__(
        self,
        folder: Path,
        wanted: list[Submission],
        parameters: Mapping[str, Any] | None,
        limits: Limits,
        isolation: str,
        again: bool,
    ) -> None:
        self.wanted, self.limits, self.isolation, self.again = wanted, limits, isolation, again
        self.journal = Journal(folder / ".kubelab" / "executed")
        self.recorder = Recorder(folder, self.journal)
        names = sorted({one.assignment for one in wanted})
        self.assignments = {name: Assignment(folder, name, parameters) for name in names}
        for assignment in self.assignments.values():
            assignment.prepare()

    def results(self, pool: Pool[tuple[_Task, str]]) -> Iterator[Result]:
        """Each submission's result, as soon as it is recorded."""
        to_execute = []
        for one in self.wanted:
            key = self._key(one)
            known = self._unreadable(one, key) or (None if self.again else self._known(one, key))
            if known:
                yield known
            else:
                to_execute.append(_Task(one, key))
        if not to_execute:
            return
        with pool:
            for (task, name), executed in pool.run(self._notebooks(to_execute)):
                task.done[name] = executed
                task.left -= 1
                if not task.left:
                    yield self._finish(task)

    def _key(self, one: Submission) -> str:
        assignment = self.assignments[one.assignment]
        settings = {
            "parameters": assignment.parameters, "limits": self.limits.as_dict(), "isolation": self.isolation
        }  # fmt: skip
        regular = [
            p for p in one.notebooks if p.is_file() and p.stat().st_size <= self.limits.notebook
        ]
        return key_of([*regular, *assignment.sources], settings)

    def _unreadable(self, one: Submission, key: str) -> Result | None:
        """The result of a submission that cannot be executed."""
        names = self.assignments[one.assignment].names
        wrong = list(problems(one, names, self.limits))
        return self.recorder.unreadable(one, wrong, key, self.isolation) if wrong else None

    def _known(self, one: Submission, key: str) -> Result | None:
        """The result of a submission that was executed before."""
        row = self.recorder.outcomes.get(one.assignment, one.student)
        if row and row.key == key and (known := self.recorder.known(one)):
            return known
        entry = self.journal.read(one.assignment, one.student)
        if entry and entry.key == key and not entry.problem:
            return self.recorder.record(one, entry)
        return None

    def _notebooks(self, tasks: list[_Task]) -> Iterator[tuple[tuple[_Task, str], NotebookNode]]:
        for task in tasks:
            one = task.submission
            assignment = self.assignments[one.assignment]
            paths = [path for path in one.notebooks if path.stem in assignment.names]
            task.left = len(paths)
            for path in paths:
                yield (task, path.stem), assignment.sanitised(one.student, path, task.key)

    def _finish(self, task: _Task) -> Result:
        done = task.done.values()
        entry = Entry(
            key=task.key,
            notebooks={name: one.notebook for name, one in task.done.items() if one.notebook},
            problem=next((one.problem for one in done if one.notebook is None), ""),
            seconds=sum(one.seconds for one in done),
            attempts=max(one.attempts for one in done),
            isolation=self.isolation,
        )
        self.journal.write(task.submission.assignment, task.submission.student, entry)
        return self.recorder.record(task.submission, entry)
