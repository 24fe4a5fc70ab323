"""A student who sits before a real kernel, and what a front end would show of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from course import paths
from course.views import help as buttons

WITHIN = 200.0  # the machine may be busy, and one check imports nbgrader
BEGIN = "%load_ext course\nfrom course import checks\nchecks.speak('{lang}')\nnamespace = 'pods-exercise'\n"


class Student:
    """Who sits before a kernel: runs cells, presses buttons, and sees what a front end would show."""

    def __init__(self, client: BlockingKernelClient, lang: str) -> None:
        self.client = client
        self.widgets: dict[str, dict[str, Any]] = {}
        self.display = ""
        self.run(BEGIN.format(lang=lang))

    def run(self, source: str, cell: str = "", wait: bool = True) -> str:
        """Run a cell; returns what it prints."""
        content = {"code": source, "silent": False, "allow_stdin": True, "user_expressions": {}}
        message = self.client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": cell or "mine"}
        self.client.shell_channel.send(message)
        return self.hear(message["header"]["msg_id"]) if wait else ""

    def hear(self, sent: str) -> str:
        """Take in what comes until the kernel has done what was sent."""
        said = []
        until = time.monotonic() + WITHIN
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.0, until - time.monotonic()))
            kind, content = message["msg_type"], message["content"]
            if kind == "comm_open":
                self.widgets[content["comm_id"]] = content["data"]["state"]
            elif kind == "comm_close":
                self.widgets.pop(content["comm_id"])
            elif kind == "comm_msg" and content["data"].get("method") == "update":
                self.widgets[content["comm_id"]] |= content["data"]["state"]
            elif kind in ("display_data", "update_display_data"):
                self.display = content["data"].get("text/markdown", self.display)
            elif kind == "stream":
                said.append(content["text"])
            elif kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            about = message["parent_header"].get("msg_id")
            if content.get("execution_state") == "idle" and about == sent:
                return "".join(said)

    def buttons(self) -> dict[str, str]:
        """The comms of the buttons that there are, by their texts."""
        return {
            state["description"]: comm
            for comm, state in self.widgets.items()
            if state.get("_model_name") == "ButtonModel"
        }

    def send(self, comm: str) -> str:
        """What a front end sends for a click; returns the message's id."""
        data = {"method": "custom", "content": {"event": "click"}}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def press(self, text: str) -> None:
        """Press a button, at a person's pace, and see what comes of it."""
        time.sleep(buttons.TOGETHER)
        self.hear(self.send(self.buttons()[text]))

    def said(self) -> str:
        """The line below the buttons, and the texts below that."""
        lines = [
            one["value"] for one in self.widgets.values() if one.get("_model_name") == "HTMLModel"
        ]
        return "\n".join([*lines, self.display])


@contextmanager
def sitting(folder: Path, lang: str, **more: str) -> Iterator[Student]:
    """A student with a kernel in their folder; `more` are variables of its environment."""
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)} | more
    manager, client = start_new_kernel(cwd=str(folder), env=environment)
    try:
        yield Student(client, lang)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
