"""A person in a browser: logs in to the hub and works in JupyterLab."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.hub.hub import Hub, User

_LAB_WITHIN = 120_000  # milliseconds: a cluster, JupyterLab, and a clone of the lessons
_CELL_WITHIN = 90_000


@dataclass(frozen=True)
class Person:
    """One user's browser window.

    Attributes:
        page: playwright's.
    """

    user: User
    hub: Hub
    page: Any

    def log_in_by(self, link: str) -> float:
        """Opens a link of the hub's, logs in, waits for the lesson; the seconds from the password to the lesson."""
        self.page.goto(link)
        self.page.locator("#username_input").fill(self.user.name)
        self.page.locator("#password_input").fill(self.user.password)
        began = time.monotonic()
        self.page.locator("#login_submit").click()
        self.page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=_LAB_WITHIN)
        took = time.monotonic() - began
        # What is typed before the kernel is there asks which kernel to take.
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=_LAB_WITHIN)
        return took

    def run(self, source: str, count: int = 1) -> None:
        """Types Shift+Enter so many times, from the cell on that has this source."""
        self.page.locator(".jp-CodeCell", has_text=source).first.locator(".cm-content").click()
        for _ in range(count):
            self.page.keyboard.press("Shift+Enter")

    def shows(self, text: str | re.Pattern[str]) -> str:
        """Waits until an output that is in sight has the text; returns the output."""
        output = self.page.locator(".jp-OutputArea-output", has_text=text).last
        output.wait_for(timeout=_CELL_WITHIN)
        return str(output.inner_text())

    def stop_server(self) -> None:
        """Presses the hub's button that stops a user's own server."""
        self.page.goto(f"{self.hub.url}/hub/home")
        self.page.locator("#stop").click()
        self.page.locator("#stop").wait_for(state="hidden", timeout=_LAB_WITHIN)


def lesson_link(hub: Hub, repository: str, notebook: str) -> str:
    """nbgitpuller's link, which brings a repository into a user's home and opens a notebook of it."""
    folder = repository.rstrip("/").rpartition("/")[2]
    query = {"repo": repository, "branch": "main", "urlpath": f"lab/tree/{folder}/{notebook}"}
    return f"{hub.url}/hub/user-redirect/git-pull?{urlencode(query)}"
