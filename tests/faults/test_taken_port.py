"""JupyterLab's port is taken: the default moves on, and one that was asked for is said."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from course.jupyter import FIRST_PORT
from tests.conftest import Lab
from tests.faults import traces
from tests.faults.moments import Started
from tests.support import said_error

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]


def test_without_port_the_next_free_one_is_taken(own_state: Path) -> None:
    with ExitStack() as stack:
        for port in (FIRST_PORT, FIRST_PORT + 1):
            taken = stack.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", port))
                taken.listen()
            except OSError:  # somebody else has it, which serves as well
                continue
        start = stack.enter_context(Started("start", "--no-browser"))
        start.reaches("address")
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/lab", start.said)[1])  # type: ignore[index]
        k = traces.network_of()
        start.interrupt()
        start.ends(0)
    assert FIRST_PORT + 1 < port < FIRST_PORT + 50
    traces.gone(own_state, k)


def test_a_port_that_only_root_may_use_or_that_is_none_is_said(lab: Lab, own_state: Path) -> None:
    said = lab("start", "--no-browser", "--port", "70000")
    assert said.returncode == 2
    assert "70000" in said.stderr
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - all addresses, so 127.0.0.1 too
        taken.listen()
        port = taken.getsockname()[1]
        said_error(lab("start", "--no-browser", "--port", str(port)), f"port {port} cannot be used")
    assert not list(own_state.rglob("cluster.json"))
