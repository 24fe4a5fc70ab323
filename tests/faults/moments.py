"""A `lab` command as a terminal has it, brought to a moment of its work and then disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from types import TracebackType

from course.cluster.state import State
from tests.faults import traces
from tests.support import lab_argv

DEADLINE = 60.0


def _heeds_hangups() -> None:
    """A terminal's programs do, also where the tests themselves run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Started:
    """A command in a process group of its own, which is what Ctrl-C in a terminal reaches."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.child = subprocess.Popen(
            lab_argv(*arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env=os.environ | (env or {}),
            preexec_fn=_heeds_hangups,
        )  # fmt: skip
        self._words = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout
        while piece := os.read(self.child.stdout.fileno(), 65536):
            self._words += piece

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self._words.decode(errors="replace")

    def reaches(self, moment: str) -> None:
        """Waits until it has come as far as `moment`: one of those below, or a stage of the keeper's."""
        state = State("kubelab")
        look = {
            "spec": state.spec_file.exists,
            "keeper": state.identity.exists,
            "jupyter": (state.run / "jupyter").exists,
            "address": lambda: "?token=" in self.said,
        }.get(moment, lambda: f" {moment}: " in self.said)
        traces.until(
            lambda: self.child.poll() is not None or look(),
            DEADLINE,
            lambda: f"{moment}: {self.said}",
        )
        assert self.child.poll() is None, f"it ended before the moment {moment!r}: {self.said}"

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Sends a signal as a terminal does: to the whole foreground process group."""
        os.killpg(self.child.pid, number)

    def ends(self, *codes: int, within: float = 20) -> float:
        """Waits for its end; returns the seconds that took."""
        began = time.monotonic()
        try:
            self.child.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {within:.0f} s: {self.said}") from None
        self._reader.join(5)
        assert self.child.returncode in codes, f"{self.child.returncode}: {self.said}"
        return time.monotonic() - began

    def __enter__(self) -> Started:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(10)
        self._reader.join(5)
