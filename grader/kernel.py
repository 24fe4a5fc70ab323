"""One kernel of a run: started by a command of our choice, spoken to over sockets that are files.

nbclient does the talking. What is added here: a cell that ignores the interrupt at its deadline costs the
kernel its life, output has a limit, and what came of a cell is the kernel's word, not what it printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from queue import Empty
from typing import IO, Any

import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager
from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from traitlets import List, Unicode

from grader.limits import Limits, of_bytes
from grader.marks import Ran, mark

_MOST_IN_A_MESSAGE = 8 << 20
_MESSAGES_WAITING = 200
_AFTER_INTERRUPT = 5.0  # seconds: an answer to the interrupt, or the kernel's end
_TIMEOUT = "CellTimeoutError"


class KernelManager(AsyncKernelManager):
    """Starts the kernel by a command that precedes its own: walls, limits, the cluster's network."""

    wrap = List(Unicode(), help="The words that precede the kernel's command.")

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        return [*self.wrap, *super().format_kernel_cmd(extra_arguments)]


class Kernel(NotebookClient):  # type: ignore[misc]
    """A kernel that runs some of a notebook's cells.

    Args:
        nb: the notebook that gets the outputs.
        name: how messages name the kernel: 'student' or 'examiner'.
        folder: holds the kernel's connection file and sockets; seen by the kernel under the same path.
        limits: `cell` is the seconds of each cell here.
        wrap: the command that precedes the kernel's.
        seconds: gives the seconds that a cell may take now.
    """

    def __init__(
        self,
        nb: NotebookNode,
        name: str,
        folder: Path,
        limits: Limits,
        wrap: Sequence[str],
        seconds: Callable[[], float],
    ) -> None:
        manager = KernelManager(
            kernel_name="python3",
            wrap=list(wrap),
            transport="ipc",
            ip=str(folder / "kernel"),
            connection_file=str(folder / "kernel.json"),
            context=_context(),
        )
        super().__init__(
            nb,
            manager,
            kernel_name="python3",
            allow_errors=True,
            interrupt_on_timeout=True,
            timeout_func=lambda _cell: max(1, round(seconds())),
            startup_timeout=limits.start,
            shutdown_kernel="immediate",
            record_timing=False,
            coalesce_streams=True,
        )
        self.name, self.limits = name, limits
        self.answer: Callable[[str], Awaitable[str]] = _no_answers
        self.printed, self.printed_in_cell = 0, 0
        self.ended = ""  # why the kernel is there no more
        self.before_end: Callable[[], None] = lambda: None  # called before it is killed
        self._stopped: set[asyncio.Task[None]] = set()

    async def start(self, env: dict[str, str], cwd: str, words: IO[bytes] | None = None) -> None:
        """Start the kernel and wait until it answers; raises RuntimeError where it does not."""
        options: dict[str, Any] = {"env": env, "cwd": cwd, "stdin": None}
        if words is not None:
            options |= {"stdout": words, "stderr": words}
        await self.async_start_new_kernel(**options)
        # Signals do not reach over a wall of process ids: the kernel interrupts itself when it is asked.
        self.km.kernel_spec.interrupt_mode = "message"
        await self.async_start_new_kernel_client()
        self.kc.allow_stdin = self.answer is not _no_answers

    async def stop(self) -> None:
        """End the kernel, whatever it does."""
        if self.km is not None:
            self.before_end()
            with contextlib.suppress(
                Exception
            ):  # it may be gone, or half gone, by any of many ways
                await self._async_cleanup_kernel()

    async def kill(self, why: str) -> None:
        """End the kernel at once, and remember why."""
        self.ended = self.ended or why
        if self.km is not None and self.km.has_kernel:
            self.before_end()
            await self.km._async_signal_kernel(9)

    async def run(self, cell: NotebookNode, index: int) -> Ran:
        """Run a cell; leaves the outputs in it, and the mark of what came of it."""
        self.printed_in_cell = 0
        if self.ended:
            mark(cell, Ran.NOT, self.ended)
            return Ran.NOT
        questions = asyncio.ensure_future(self._answer_questions()) if self.kc.allow_stdin else None
        try:
            await self.async_execute_cell(cell, index)
        except DeadKernelError:
            self.ended = self.ended or "the kernel died"
            mark(cell, Ran.DIED, self.ended)
        except CellExecutionError as error:  # only where a cell's own metadata forbids errors
            mark(cell, Ran.FAILED, f"{error.ename}: {error.evalue}")
        except Exception as problem:  # what a kernel sends is the student's to choose
            mark(cell, Ran.FAILED, f"the kernel's messages made no sense: {problem!r:.200}")
        finally:
            if questions:
                questions.cancel()
            for task in self._stopped:
                task.cancel()
            self._stopped.clear()
        if self.printed_in_cell > self.limits.cell_output:
            most = of_bytes(self.limits.cell_output)
            mark(cell, Ran.FAILED, f"OutputLimit: it printed more than {most} and was stopped")
        return Ran(cell.metadata["kubelab"]["ran"])

    async def _answer_questions(self) -> None:
        """Serve what the examiner's code asks by `input`: a variable of the student's, as data."""
        while True:
            message = await self.kc.stdin_channel.get_msg(timeout=None)
            self.kc.input(await self.answer(message["content"]["prompt"]))

    async def ask(self, expression: str, seconds: float) -> str | None:
        """The text of an expression's value in the kernel; None where there is none in time."""
        if self.ended:
            return None
        try:
            return await asyncio.wait_for(self._ask(expression), seconds)
        except TimeoutError:
            await self.km.interrupt_kernel()
            return None
        except Exception:  # as in run
            return None

    async def _ask(self, expression: str) -> str | None:
        asked = self.kc.execute(
            "", silent=True, store_history=False, user_expressions={"value": expression}
        )
        while True:
            try:
                reply = await self.kc.shell_channel.get_msg(timeout=1)
            except Empty:
                await self._async_check_alive()
                continue
            if reply["parent_header"].get("msg_id") == asked:
                value = reply["content"]["user_expressions"]["value"]
                return str(value["data"]["text/plain"]) if value["status"] == "ok" else None

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """As nbclient does, but output over the limit is dropped, and its maker stopped.

        Widgets are not kept: nobody will use them, and their state could grow for ever.
        """
        if msg["msg_type"] == "status":
            return super().process_message(msg, cell, cell_index)
        size = len(json.dumps(msg["content"], default=repr)) + sum(map(len, msg.get("buffers", ())))
        self.printed += size
        self.printed_in_cell += size
        if self.printed > self.limits.output:
            self._soon(self.kill(f"more than {of_bytes(self.limits.output)} were printed"))
            return None
        if self.printed_in_cell > self.limits.cell_output:
            if self.printed_in_cell - size <= self.limits.cell_output:
                self._soon(self.km.interrupt_kernel())
            return None
        if msg["msg_type"].startswith("comm"):
            return None
        return super().process_message(msg, cell, cell_index)

    def _soon(self, what: Awaitable[None]) -> None:
        self._stopped.add(asyncio.ensure_future(what))

    async def _async_handle_timeout(
        self, timeout: int, cell: NotebookNode | None = None
    ) -> dict[str, Any] | None:
        """Interrupt; a kernel that does not answer that is ended."""
        await self.km.interrupt_kernel()
        try:
            await self.kc.shell_channel.get_msg(timeout=_AFTER_INTERRUPT)
        except Empty:
            await self.kill(f"a cell did not end within {timeout} s and could not be interrupted")
        content = {
            "status": "error",
            "ename": _TIMEOUT,
            "evalue": f"it did not end within {timeout} s",
            "traceback": [f"{_TIMEOUT}: the cell did not end within {timeout} s"],
        }
        return {"content": content}

    async def _check_raise_for_error(
        self, cell: NotebookNode, cell_index: int, exec_reply: dict[str, Any] | None
    ) -> None:
        """Note the kernel's own word on the cell: what is in its output can be forged."""
        content = (exec_reply or {}).get("content", {})
        status = content.get("status")
        if status == "ok":
            mark(cell, Ran.WELL)
        elif content.get("ename") == _TIMEOUT:
            mark(cell, Ran.TIMED_OUT, content["evalue"])
        elif status is None:
            mark(cell, Ran.NOT)
        else:
            mark(cell, Ran.FAILED, f"{content.get('ename', status)}: {content.get('evalue', '')}")


def _context() -> zmq.asyncio.Context:
    """Sockets that take no message, and no heap of messages, that could fill the memory."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, _MOST_IN_A_MESSAGE)
    context.setsockopt(zmq.RCVHWM, _MESSAGES_WAITING)
    return context


async def _no_answers(_prompt: str) -> str:
    return ""
