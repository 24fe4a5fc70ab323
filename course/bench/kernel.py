"""A kernel whose messages are read and sent as a front end does it, to measure and to test what a person sees."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

import psutil

from course.errors import JupyterError

WITHIN = 120.0
"""Seconds for a kernel to start, for a cell to end and for each message that is waited for."""
Message = dict[str, Any]


@dataclass
class Ran:
    """What came of a cell.

    Attributes:
        outputs: its displays and results, their data by MIME type.
        text: what it printed.
        error: the name and the value of its error; empty where there was none.
        output_after: seconds until its first display came, or until it ended.
        seconds: until it ended.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    error: str = ""
    output_after: float = 0.0
    seconds: float = 0.0


class Kernel:
    """A kernel with a person before it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.pid = int(self.value("__import__('os').getpid()"))

    def run(self, code: str, *, cell: str = "", deleted: tuple[str, ...] = ()) -> Ran:
        """Run a cell; `cell` is its id, `deleted` are those of the cells that were deleted since the last one."""
        began, ran = time.perf_counter(), Ran()
        asked = self.send(code, cell=cell, deleted=deleted)

        def heard(message: Message) -> bool:
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != asked:
                return False
            if kind in ("display_data", "execute_result"):
                ran.outputs.append(content["data"])
                ran.output_after = ran.output_after or time.perf_counter() - began
            elif kind == "stream":
                ran.text += content["text"]
            elif kind == "error":
                ran.error = f"{content['ename']}: {content['evalue']}"
            return bool(kind == "status" and content["execution_state"] == "idle")

        self.until(heard, lambda: f"the cell to end: {code}")
        ran.seconds = time.perf_counter() - began
        ran.output_after = ran.output_after or ran.seconds
        return ran

    def send(self, code: str, *, cell: str = "", deleted: tuple[str, ...] = ()) -> str:
        """Ask for a cell and do not wait; returns the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True,
                   "user_expressions": {}, "stop_on_error": True}  # fmt: skip
        metadata = {"cellId": cell, "deletedCells": list(deleted)}
        session = self._client.session
        message = session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def value(self, expression: str) -> str:
        """The text of an expression's value."""
        reply = self._client.execute(
            "", user_expressions={"it": expression}, reply=True, timeout=WITHIN
        )
        found = reply["content"]["user_expressions"]["it"]
        if found["status"] != "ok":
            raise JupyterError(f"{expression}: {found['ename']}: {found['evalue']}")
        return str(found["data"]["text/plain"])

    def press(self, model: str, content: Mapping[str, Any]) -> None:
        """Send a widget a message of its own kind, as its front end does."""
        data = {"method": "custom", "content": dict(content)}
        message = self._client.session.msg("comm_msg", {"comm_id": model, "data": data})
        self._client.shell_channel.send(message)

    def until_state(self, trait: str, holds: str) -> str:
        """The value of a widget's trait that holds the text, as soon as one is sent."""

        def state(message: Message) -> str:
            data = message["content"].get("data", {}) if message["msg_type"] == "comm_msg" else {}
            return str(data.get("state", {}).get(trait, ""))

        last: list[str] = []

        def wanted(message: Message) -> bool:
            if value := state(message):
                last[:] = [value]
            return holds in value

        self.until(wanted, lambda: f"{holds!r} in {trait}; last: {last}")
        return last[0]

    def memory(self) -> float:
        """MB that are this process's own."""
        return float(psutil.Process(self.pid).memory_full_info().uss) / 1e6

    def until(self, wanted: Callable[[Message], bool], what: Callable[[], str]) -> None:
        """Read messages until one is wanted.

        Raises:
            JupyterError: none came in time.
        """
        end = time.perf_counter() + WITHIN
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=max(0.1, end - time.perf_counter()))
            except Empty:
                raise JupyterError(f"Waited {WITHIN:g} s for {what()}.") from None
            if wanted(message):
                return


@contextmanager
def running(variables: Mapping[str, str]) -> Iterator[Kernel]:
    """A kernel with these variables beside ours; it ends with the block."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=WITHIN, env=os.environ | dict(variables))
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
