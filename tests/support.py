"""What several tests use and no fixture is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from course import processes


def lab_argv(*arguments: str) -> list[str]:
    """The command `lab ARGUMENTS…`, without the bootstrap."""
    return [sys.executable, "-P", "-m", "course", *arguments]


def thorough() -> bool:
    """Whether to test, too, what costs many minutes and is tested in a cheaper way as well."""
    return os.environ.get("KUBELAB_TEST_THOROUGH") == "true"


def listens(port: int) -> bool:
    """Whether something takes connections at this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def fastest(*calls: Callable[[], object], rounds: int = 5) -> list[float]:
    """The least seconds of each call. They take turns, so that all of them meet the same load."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, seconds in zip(calls, took, strict=True):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
    return [min(seconds) for seconds in took]


def said_error(said: subprocess.CompletedProcess[str], *words: str) -> None:
    """Holds a command to: exit code 1, `ERROR:`, all of the words, no traceback."""
    assert said.returncode == 1, said.stdout + said.stderr
    assert "ERROR:" in said.stderr
    assert "Traceback" not in said.stderr
    for word in words:
        assert word in said.stderr, f"{word!r} is not in:\n{said.stderr}"


def processes_of(folder: Path) -> list[str]:
    """The processes that have the path `folder` in their command lines, one line each."""
    return [f"{pid}: {line}" for pid, line in _with_path(folder)]


def end_processes_of(folder: Path) -> None:
    """Ends those, so that a failed test does not spoil the next."""
    for pid, _ in _with_path(folder):
        if found := processes.of(pid):
            processes.kill_tree(found, 5)


def _with_path(folder: Path) -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(folder) in line:
            found.append((int(entry.name), line.replace(bytes(1), b" ").decode(errors="replace")))
    return found
