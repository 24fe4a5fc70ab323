"""A student's processes stand still while the examiner looks, and go on afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course import processes
from grader.isolation.standstill import Standstill
from tests.faults import traces

COUNTS = """
import sys, time
for number in range(10**9):
    with open(sys.argv[1], "w") as file:
        file.write(str(number))
    time.sleep(0.01)
"""
VFORKS = """
import os, sys
opens = [(os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)]
os.posix_spawn("/bin/true", ["true"], os.environ, file_actions=opens)
open(sys.argv[2], "w").close()
"""


@contextmanager
def running(script: str, *arguments: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])
    try:
        yield child
    finally:
        if it := processes.of(child.pid):
            processes.kill_tree(it, 10)
        child.wait(10)


def test_what_stands_still_does_nothing_until_it_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "count"
    with running(COUNTS, file) as child:
        traces.until(file.exists, 20, "it counts")
        still = Standstill(child.pid)
        assert still.begin()
        before = file.read_text()
        time.sleep(0.2)
        assert file.read_text() == before
        still.end()
        traces.until(lambda: file.read_text() not in ("", before), 20, "it goes on")


def test_one_that_waits_for_its_child_to_execute_a_program_stands_still_too(tmp_path: Path) -> None:
    # The child opens a pipe first that nobody writes to: until then the kernel holds the parent, which
    # a stop signal does not reach.
    pipe, after = tmp_path / "pipe", tmp_path / "after"
    os.mkfifo(pipe)
    with running(VFORKS, pipe, after) as child:
        traces.until(lambda: len(processes.tree(child.pid)) > 1, 20, "it has a child")
        still = Standstill(child.pid)
        assert still.begin()
        writer = os.open(pipe, os.O_RDWR)  # now the child could go on
        time.sleep(0.2)
        assert not after.exists()
        still.end()
        traces.until(after.exists, 20, "it goes on")
        os.close(writer)
