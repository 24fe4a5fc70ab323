"""The papermill engine with two kernels: the student's runs the answers, the examiner's the tests.

The cells run in the notebook's order, against one cluster. The examiner's kernel is out of reach of the
student's code; a test gets a student's variable as JSON data, and only that. papermill's own engine
stops at the first error and calls what it never ran completed; nbgrader then gives a test cell without
output full points. This one goes on, and leaves in each code cell's metadata what came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from jupyter_core.utils import run_sync
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from course.checks import answers
from grader.cells import is_grade
from grader.kernel import Kernel
from grader.limits import Limits
from grader.marks import Ran, mark, name_of, note_outcome, outcome_of
from grader.places import Place, place_of

NAME = "kubelab"
_ANSWER_WITHIN = 10.0  # seconds, for the student's kernel to give a variable
_OUR_FAULT = ("ClusterUnreachableError", "UnreachableError")
_OUR_FAULT_IN_SETUP = (*_OUR_FAULT, "CommandTimeoutError")


class NotGradableError(Exception):
    """What grading needs was not there: nobody's answer is wrong."""


@dataclass(frozen=True)
class Side:
    """How one of the two kernels is started.

    Attributes:
        wrap: the command that precedes the kernel's.
        env: its environment; None: ours.
        folder: holds its sockets, and is seen by it under the same path; None: a new one.
        cwd: its working directory.
    """

    wrap: Sequence[str] = ()
    env: Mapping[str, str] | None = None
    folder: Path | None = None
    cwd: str = "/"


@dataclass
class Watch:
    """What holds a student's kernel from outside.

    Attributes:
        started: told the kernel when it runs.
        killed: why it was ended from outside; empty while it was not.
        stop, go: make all that is the student's stand still, and go on.
        end: ends all that is the student's, as its kernel's end alone does not.
    """

    started: Callable[[Kernel], None] = lambda _kernel: None
    killed: Callable[[], str] = lambda: ""
    stop: Callable[[], None] = lambda: None
    go: Callable[[], None] = lambda: None
    end: Callable[[], None] = lambda: None


@dataclass
class Run:
    """One notebook on its way through the two kernels."""

    manager: NotebookExecutionManager
    limits: Limits
    student_side: Side
    examiner_side: Side
    watch: Watch = field(default_factory=Watch)
    words: IO[bytes] | None = None
    end: float = float("inf")

    @property
    def nb(self) -> NotebookNode:
        return self.manager.nb

    async def execute(self) -> NotebookNode:
        for cell in self.nb.cells:
            if cell.cell_type == "code":
                mark(cell, Ran.NOT, "the notebook ended before it")
        async with contextlib.AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kl-")))
            self.student = self._kernel("student", self.student_side, folder, self.limits.cell)
            self.examiner = self._kernel("examiner", self.examiner_side, folder, self.limits.check)
            self.examiner.answer = self._answer
            self.student.before_end = self.watch.end
            stack.push_async_callback(self.examiner.stop)
            stack.push_async_callback(self.student.stop)
            await self._start()
            # The kernels' start is not the student's time.
            self.end = time.monotonic() + self.limits.submission
            for index, cell in enumerate(self.nb.cells):
                if cell.cell_type == "code":
                    await self._cell(cell, index)
        note_outcome(self.nb)
        return self.nb

    def _kernel(self, name: str, side: Side, folder: Path, seconds: int) -> Kernel:
        place = side.folder or folder / name
        place.mkdir(parents=True, exist_ok=True)
        return Kernel(
            self.nb, name, place, self.limits, side.wrap,
            lambda: min(seconds, max(1.0, self.end - time.monotonic())),
        )  # fmt: skip

    async def _start(self) -> None:
        both = []
        for kernel, side in (
            (self.examiner, self.examiner_side),
            (self.student, self.student_side),
        ):
            env = dict(os.environ if side.env is None else side.env)
            env |= {"KUBELAB_KERNEL": kernel.name, "NBGRADER_EXECUTION": "autograde"}
            both.append(kernel.start(env, side.cwd, self.words))
        try:
            await asyncio.gather(*both)
        except Exception as problem:
            raise NotGradableError(f"A kernel did not start: {problem}") from problem
        self.watch.started(self.student)

    async def _cell(self, cell: NotebookNode, index: int) -> None:
        if time.monotonic() >= self.end:
            mark(cell, Ran.NOT, f"the submission's time of {self.limits.submission} s was over")
            return
        self.manager.cell_start(cell, index)
        place = place_of(cell)
        if place is not Place.STUDENT:
            await self._examine(cell, index, place)
        if place is not Place.EXAMINER:
            await self._let_student(cell, index)
        if outcome_of(cell)[0] is not Ran.WELL:
            self.manager.cell_exception(cell, cell_index=index)
        self.manager.cell_complete(cell, cell_index=index)

    async def _examine(self, cell: NotebookNode, index: int, place: Place) -> None:
        """Run a cell of the teacher's; one that the student runs too leaves its output to that."""
        ours = copy.deepcopy(cell) if place is Place.BOTH else cell
        self.nb.cells[index] = ours
        self.watch.stop()
        await self.examiner.run(ours, index)
        self.watch.go()
        self.nb.cells[index] = cell
        ran, why = outcome_of(ours)
        faults = _OUR_FAULT if is_grade(cell) else _OUR_FAULT_IN_SETUP
        if ran in {Ran.DIED, Ran.NOT} or (ran is Ran.FAILED and why.startswith(faults)):
            raise NotGradableError(f"Cell {name_of(cell, index)}: {ran}: {why}")

    async def _let_student(self, cell: NotebookNode, index: int) -> None:
        if killed := self.watch.killed():
            self.student.ended = killed
        await self.student.run(cell, index)
        if (killed := self.watch.killed()) and outcome_of(cell)[0] is Ran.DIED:
            self.student.ended = killed
            mark(cell, Ran.DIED, killed)

    async def _answer(self, prompt: str) -> str:
        """What the examiner's code asks: `{"answer": NAME}`, and gets that variable as JSON."""
        name = str(json.loads(prompt)["answer"])
        self.watch.go()
        said = await self.student.ask(answers.expression(name), _ANSWER_WITHIN)
        self.watch.stop()
        return answers.relayed(said)


class TwoKernels(Engine):  # type: ignore[misc]
    """The engine as papermill knows it."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        limits: Limits | None = None,
        student: Side | None = None,
        examiner: Side | None = None,
        watch: Watch | None = None,
        words: IO[bytes] | None = None,
        **_: Any,
    ) -> NotebookNode:
        """Run the notebook.

        Args:
            nb_man: papermill's record of the run.
            kernel_name: not used: both kernels are this environment's own Python.
            limits: what the student's kernel may use, and how long everything may take.
            student, examiner: how the kernels are started; by default side by side, with no wall.
            watch: what ends the student's kernel from outside.
            words: a file for what the kernels' processes themselves say.

        Raises:
            NotGradableError: a kernel did not start, or the cluster was not there.
        """
        here = Side(cwd=str(Path.cwd()))
        run = Run(
            nb_man, limits or Limits(), student or here, examiner or here, watch or Watch(), words
        )
        return run_sync(run.execute)()


papermill_engines.register(NAME, TwoKernels)


def run(nb: NotebookNode, **options: Any) -> NotebookNode:
    """Execute a notebook by this engine; papermill's metadata is seeded as its own entry does."""
    nb.metadata.setdefault("papermill", NotebookNode())
    for cell in nb.cells:
        cell.metadata.setdefault("papermill", NotebookNode())
    return papermill_engines.execute_notebook_with_engine(
        NAME, nb, "python3", progress_bar=False, autosave_cell_every=0, **options
    )
