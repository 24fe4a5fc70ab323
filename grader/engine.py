"""The papermill engine that goes on after an error, and says of each cell what came of it.

papermill's own engine stops at the first error and calls what it never ran completed; nbgrader then gives
a test cell without output full points. This one runs every cell that can be run, and leaves in each
code cell's metadata (`kubelab`) one of `Ran`'s words and the reason.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets import List, Unicode

NAME = "kubelab"
_TIMEOUT = "CellTimeoutError"


class Ran(StrEnum):
    """What came of a code cell."""

    WELL = "ran"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    DIED = "the kernel died"
    NOT = "not run"


@dataclass(frozen=True)
class Limits:
    """Seconds: for one cell, for a whole submission, and for the kernel to start."""

    cell: int = 120
    submission: int = 600
    start: int = 60


def mark(cell: NotebookNode, ran: Ran, reason: str = "") -> None:
    """Note what came of a cell."""
    cell.metadata["kubelab"] = {"ran": str(ran), "reason": reason}


def outcome_of(cell: NotebookNode) -> tuple[Ran, str]:
    """What came of a cell, and why."""
    noted = cell.metadata.get("kubelab", {})
    return Ran(noted.get("ran", Ran.NOT)), str(noted.get("reason", ""))


class WrappedKernelManager(AsyncKernelManager):
    """Starts the kernel by a command before its own: the one that puts it into the cluster's network."""

    wrap = List(Unicode(), help="The words that precede the kernel's command.")

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        return [*self.wrap, *super().format_kernel_cmd(extra_arguments)]


class HonestClient(PapermillNotebookClient):  # type: ignore[misc]
    """Runs all cells; see the module."""

    def __init__(self, manager: NotebookExecutionManager, limits: Limits, **options: Any) -> None:
        super().__init__(
            manager,
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": _TIMEOUT,
                "evalue": f"no answer within {limits.cell} s",
                "traceback": [f"{_TIMEOUT}: the cell did not end in time and was interrupted"],
            },
            timeout_func=self._seconds_for,
            startup_timeout=limits.start,
            shutdown_kernel="immediate",
            **options,
        )
        self.limits = limits
        self.end = float("inf")

    def _seconds_for(self, _cell: NotebookNode) -> int:
        return max(1, math.ceil(min(self.limits.cell, self.end - time.monotonic())))

    def execute(self, **options: Any) -> NotebookNode:
        """Start the kernel, run the cells, end the kernel; raises only where no kernel starts."""
        self.reset_execution_trackers()
        for cell in self.nb.cells:
            if cell.cell_type == "code":
                mark(cell, Ran.NOT, "the notebook ended before it")
        with self.setup_kernel(cleanup_kc=True, **options):
            self.end = (
                time.monotonic() + self.limits.submission
            )  # the kernel's start is not the student's
            self.papermill_execute_cells()
        return self.nb

    def papermill_execute_cells(self) -> None:
        stopped = ""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            if not stopped and time.monotonic() >= self.end:
                stopped = f"the submission's time of {self.limits.submission} s was over"
            if stopped:
                mark(cell, Ran.NOT, stopped)
                continue
            self.nb_man.cell_start(cell, index)
            ran = self._run(cell, index)
            if ran is Ran.WELL:
                self.nb_man.cell_complete(cell, cell_index=index)
            else:
                self.nb_man.cell_exception(cell, cell_index=index)
                self.nb_man.cell_complete(cell, cell_index=index)
            if ran is Ran.DIED:
                stopped = f"the kernel died in cell {name_of(cell, index)}"
            elif ran is Ran.TIMED_OUT and not cell.metadata["kubelab"].get("interrupted"):
                stopped = (
                    f"cell {name_of(cell, index)} did not end in time, and could not be stopped"
                )

    def _run(self, cell: NotebookNode, index: int) -> Ran:
        try:
            self.execute_cell(cell, index)
        except CellTimeoutError:
            mark(cell, Ran.TIMED_OUT, f"it did not end within {self.limits.cell} s")
            return Ran.TIMED_OUT
        except DeadKernelError:
            mark(cell, Ran.DIED, "the kernel died while it ran")
            return Ran.DIED
        except CellExecutionError as error:  # only where a cell forbids errors by its own metadata
            mark(cell, Ran.FAILED, f"{error.ename}: {error.evalue}")
            return Ran.FAILED
        return Ran(cell.metadata["kubelab"]["ran"])

    async def _check_raise_for_error(
        self, cell: NotebookNode, cell_index: int, exec_reply: Mapping[str, Any] | None
    ) -> None:
        """Note the kernel's own word on the cell: what is in its output can be forged."""
        content = (exec_reply or {}).get("content", {})
        status = content.get("status")
        if status == "ok":
            mark(cell, Ran.WELL)
        elif content.get("ename") == _TIMEOUT:
            mark(cell, Ran.TIMED_OUT, f"it did not end within {self.limits.cell} s")
            cell.metadata["kubelab"]["interrupted"] = True
        elif status is None:
            mark(cell, Ran.WELL if not cell.source.strip() else Ran.NOT, "")
        else:
            mark(cell, Ran.FAILED, f"{content.get('ename', status)}: {content.get('evalue', '')}")


def name_of(cell: NotebookNode, index: int) -> str:
    """How a reason names a cell: by its nbgrader id where it has one."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"number {index + 1}")


class HonestEngine(Engine):  # type: ignore[misc]
    """The engine as papermill knows it."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        wrap: Sequence[str] = (),
        words: IO[bytes] | None = None,
        **_: Any,
    ) -> NotebookNode:
        """Run the notebook.

        Args:
            nb_man: papermill's record of the run.
            kernel_name: the kernel.
            limits: seconds.
            env: the kernel's environment.
            cwd: the kernel's working directory.
            wrap: the command that precedes the kernel's.
            words: a file for what the kernel's process itself says.
        """
        manager = WrappedKernelManager(kernel_name=kernel_name, wrap=list(wrap))
        client = HonestClient(nb_man, limits or Limits(), km=manager, kernel_name=kernel_name)
        options: dict[str, Any] = {"cwd": cwd} if cwd else {}
        if words is not None:
            options |= {"stdout": words, "stderr": words}
        return client.execute(env=dict(os.environ if env is None else env), **options)


papermill_engines.register(NAME, HonestEngine)


def run(nb: NotebookNode, **options: Any) -> NotebookNode:
    """Execute a notebook by this engine; papermill's metadata is seeded as its own entry does."""
    nb.metadata.setdefault("papermill", NotebookNode())
    for cell in nb.cells:
        cell.metadata.setdefault("papermill", NotebookNode())
    kernel = papermill_engines.nb_kernel_name(NAME, nb)
    return papermill_engines.execute_notebook_with_engine(
        NAME, nb, kernel, progress_bar=False, autosave_cell_every=0, **options
    )
