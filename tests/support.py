"""What several tests use and no fixture is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def lab_argv(*arguments: str) -> list[str]:
    """The command `lab ARGUMENTS…`, without the bootstrap."""
    return [sys.executable, "-P", "-m", "course", *arguments]


def said_error(said: subprocess.CompletedProcess[str], *words: str) -> None:
    """Holds a command to: exit code 1, `ERROR:`, all of the words, no traceback."""
    assert said.returncode == 1, said.stdout + said.stderr
    assert "ERROR:" in said.stderr
    assert "Traceback" not in said.stderr
    for word in words:
        assert word in said.stderr, f"{word!r} is not in:\n{said.stderr}"


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that have the path `folder` in them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(folder) in line:
            found.append(f"{entry.name}: {line.replace(bytes(1), b' ').decode(errors='replace')}")
    return found
