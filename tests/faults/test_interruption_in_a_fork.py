"""A Ctrl-C that comes while a child is started, where Python swallows exceptions, is not lost."""

from __future__ import annotations

import subprocess
import sys

# What Python calls around a fork may raise nothing; there a Ctrl-C came, once, in `logging`'s own.
_PROGRAM = """
import os, signal, subprocess, sys
from course import signals
signals.end_by_interrupt()
os.register_at_fork(after_in_parent=lambda: signal.raise_signal(signal.SIGINT))
subprocess.Popen(["true"], preexec_fn=lambda: None).wait()
print("went on;", "lost" if signals.lost() else "not lost")
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-P", "-c", program]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_known_to_who_waits_later() -> None:
    said = run(_PROGRAM)
    assert said.stdout == "went on; lost\n", said.stderr
    assert "Traceback" not in said.stderr
