"""A real kernel, spoken to as JupyterLab does: cells with ids, and completion."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

WITHIN = 120.0
Message = dict[str, Any]


@dataclass
class Shown:
    """What a cell left: its outputs, in their order."""

    outputs: list[Message] = field(default_factory=list)

    def data(self, mimetype: str) -> list[str]:
        """What was displayed in that form."""
        found = [one["content"].get("data", {}) for one in self.outputs]
        return [str(data[mimetype]) for data in found if mimetype in data]

    @property
    def text(self) -> str:
        """The words of its streams."""
        return "".join(one["content"].get("text", "") for one in self.outputs)

    @property
    def error(self) -> str:
        """The words of its error; empty where there was none."""
        return "".join(one["content"].get("evalue", "") for one in self.outputs)


class Kernel:
    """A kernel of this test's own."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.messages: list[Message] = []
        """All that came from the kernel: widgets' messages above all."""

    def run(self, code: str, *, person: bool = True, cell: str = "", **metadata: Any) -> Shown:
        """Run a cell: as a person's front end asks for it, or as a program does."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": person,
            "stop_on_error": True,
        }
        request = self._client.session.msg("execute_request", content)
        request["metadata"] = {**({"cellId": cell} if cell else {}), **metadata}
        self._client.shell_channel.send(request)
        asked, shown = request["header"]["msg_id"], Shown()
        while True:
            message = self._next()
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] in {"stream", "display_data", "execute_result", "error"}:
                shown.outputs.append(message)
            elif message["content"].get("execution_state") == "idle":
                self._answer(asked)
                return shown

    def complete(self, code: str, at: int | None = None) -> list[str]:
        """What Tab offers at a place, the end by default: the whole line as each would make it."""
        at = len(code) if at is None else at
        asked = self._client.complete(code, at)
        found = self._answer(asked)["content"]
        begin, end = found["cursor_start"], found["cursor_end"]
        return [code[:begin] + text + code[end:] for text in found["matches"]]

    def wait_for(self, what: Any, seconds: float = 30.0) -> Any:
        """The first true answer of `what` to a message of the kernel, from those that have come on."""
        end, place = time.monotonic() + seconds, 0
        while True:
            for message in self.messages[place:]:
                if found := what(message):
                    return found
            place = len(self.messages)
            assert time.monotonic() < end, f"not within {seconds:g} s: {self.messages[-3:]}"
            self._next(end - time.monotonic())

    def _next(self, seconds: float = WITHIN) -> Message:
        message: Message = self._client.get_iopub_msg(timeout=seconds)
        self.messages.append(message)
        return message

    def send(self, comm: str, data: Message) -> None:
        """Tell a widget something, as the front end does."""
        message = self._client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self._client.shell_channel.send(message)

    def _answer(self, asked: str) -> Message:
        while True:
            message: Message = self._client.get_shell_msg(timeout=WITHIN)
            if message["parent_header"].get("msg_id") == asked:
                return message


@contextmanager
def kernel(**more: str) -> Iterator[Kernel]:
    """A kernel with the course loaded, and these environment variables."""
    manager, client = start_new_kernel(env=os.environ | more)
    try:
        made = Kernel(client)
        loaded = made.run("%load_ext course")
        assert not loaded.error, loaded.error
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
