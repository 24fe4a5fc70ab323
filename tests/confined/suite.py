"""Running the suite of cluster tests as a process of its own, and telling how it went."""

from __future__ import annotations

import re
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from course import processes

_SUMMARY = re.compile(r"^=*\s*((\d+ \w+, )*\d+ \w+ in [\d.]+s.*?)\s*=*$")


@dataclass(frozen=True)
class Outcome:
    """How a run of pytest went."""

    code: int | None
    text: str

    @property
    def summary(self) -> str:
        """pytest's last line: how many passed, and in what time."""
        for line in reversed(self.text.splitlines()):
            if match := _SUMMARY.match(line.strip()):
                return match[1]
        return "no summary"

    @property
    def skips(self) -> list[str]:
        """pytest's lines on what was skipped, and why."""
        return [line for line in self.text.splitlines() if line.startswith("SKIPPED")]

    @property
    def slowest(self) -> list[str]:
        """pytest's lines on the tests that took longest."""
        lines = self.text.splitlines()
        return [line for line in lines if re.match(r"[\d.]+s (call|setup|teardown) ", line)]

    def must_pass(self) -> None:
        """Fails with the run's whole output, if anything in it failed, or nothing passed."""
        passed = self.code == 0 and re.search(r"\b[1-9]\d* passed", self.summary)
        assert passed, f"the run ended with {self.code} ({self.summary}):\n{self.text}"


def run(argv: Sequence[str], deadline: float, **options: object) -> Outcome:
    """Runs a command to its end and returns what it said; at the deadline it is ended with all below it."""
    child = subprocess.Popen(  # type: ignore[call-overload]
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )
    until = time.monotonic() + deadline
    said = bytearray()
    with child, selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0 and selector.select(left):
            data = child.stdout.read1(1 << 16)
            if not data:
                break
            said += data
        else:
            if started := processes.of(child.pid):
                processes.kill_tree(started, 5)
            said += f"\nended: it did not end by itself within {deadline:.0f} s\n".encode()
    return Outcome(child.returncode, said.decode(errors="replace"))
