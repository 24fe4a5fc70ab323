"""A worker's process as the grader has it: started, spoken to with deadlines, ended with all below it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from course import processes
from grader.isolation.sandbox import Sandbox
from grader.limits import Limits

_ENDS_BY_ITSELF_WITHIN, _ENDS_WITHIN = 5.0, 10.0
_STARTS_WITHIN = {"": 180.0, "embedded": 180.0, "kind": 600.0}
_ENDS_ITS_CLUSTER_WITHIN = {
    "": _ENDS_BY_ITSELF_WITHIN,
    "embedded": _ENDS_BY_ITSELF_WITHIN,
    "kind": 60.0,
}
_AROUND_A_SUBMISSION = 120.0  # seconds beside the submission's own: kernels' start and end


class _Used:
    """CPU seconds; many threads have workers."""

    def __init__(self) -> None:
        self.seconds, self._lock = 0.0, threading.Lock()

    def add(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds


_used = _Used()


def cpu_seconds() -> float:
    """CPU time that this process's workers, their clusters and all submissions have used so far.

    It is not in `os.times()`: see `grader.worker`.
    """
    return _used.seconds


class WorkerError(Exception):
    """The worker did not do its work; the message has its last words. Never the student's fault."""


class WorkerProcess:
    """One worker, with its cluster.

    Args:
        sandbox: where it runs.
        isolated: False: without any wall.
        cluster: where its cluster comes from, one of course.cluster.KINDS; empty: for exercises that need none.
    """

    def __init__(self, sandbox: Sandbox, *, isolated: bool, cluster: str) -> None:
        options = {"isolated": isolated, "cluster": cluster, "images": str(sandbox.images or "")}
        command = [sys.executable, "-m", "grader.worker", json.dumps(options)]
        self._cluster = cluster
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end
        self._room = None if isolated else tempfile.TemporaryDirectory(prefix="kl-")
        env = None
        if (
            self._room is not None
        ):  # without a sandbox, what the worker leaves when it ends lies there
            env = os.environ | dict.fromkeys(("XDG_STATE_HOME", "TMPDIR"), self._room.name)
        self._process = subprocess.Popen(
            sandbox.argv(command, {}) if isolated else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=env,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,
        )
        self._id = processes.of(self._process.pid)
        self._buffer, self._ready = b"", False
        self._cpu = 0.0
        self.used = False  # whether it has been given a submission

    def wait_ready(self) -> None:
        """Wait until the cluster is as new; raises WorkerError where it does not become so."""
        if not self._ready:
            self._expect("ready", _STARTS_WITHIN[self._cluster])
            self._ready = True

    def execute(self, notebook: NotebookNode, limits: Limits) -> dict[str, Any]:
        """Execute a notebook: {"notebook", "seconds"} or {"not_gradable"}; raises WorkerError."""
        self.wait_ready()
        self._ready, self.used = False, True
        self._send({"notebook": notebook, "limits": limits.as_dict()})
        return self._answer(limits.submission + _AROUND_A_SUBMISSION)

    def interrupt(self) -> None:
        """End it from another thread: whoever waits for its answer gets a WorkerError."""
        if self._id:
            processes.kill_tree(self._id, _ENDS_WITHIN)

    def end(self) -> None:
        """End it, its cluster and all that it started, whatever it does."""
        with contextlib.suppress(OSError):  # it has ended, and did not read the last job
            self._process.stdin.close()  # type: ignore[union-attr]
        with contextlib.suppress(WorkerError):
            while "ended" not in self._answer(_ENDS_ITS_CLUSTER_WITHIN[self._cluster]):
                pass
        try:
            self._process.wait(_ENDS_BY_ITSELF_WITHIN)
        except subprocess.TimeoutExpired:
            self.interrupt()
            self._process.wait(_ENDS_WITHIN)
        if self._process.stdout:
            self._process.stdout.close()
        self._words.close()
        if self._room is not None:
            self._room.cleanup()

    def _send(self, job: Mapping[str, Any]) -> None:
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError as problem:
            raise WorkerError(f"The worker ended: {problem}. {self._last()}") from problem

    def _expect(self, what: str, seconds: float) -> None:
        answer = self._answer(seconds)
        if what not in answer:
            raise WorkerError(str(answer.get("broken", answer)))

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The next line, within so many seconds."""
        end = time.monotonic() + seconds
        pipe = self._process.stdout.fileno()  # type: ignore[union-attr]
        pieces = [self._buffer]
        while b"\n" not in pieces[-1]:
            left = end - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise WorkerError(f"The worker gave no answer within {seconds:g} s. {self._last()}")
            if not (piece := os.read(pipe, 1 << 20)):
                raise WorkerError(f"The worker ended. {self._last()}")
            pieces.append(piece)
        line, self._buffer = b"".join(pieces).split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        used, self._cpu = answer["cpu"] - self._cpu, answer["cpu"]
        _used.add(used)
        return answer

    def _last(self) -> str:
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 2000))
        said = self._words.read().decode("utf-8", "replace").strip()
        return f"It said last: {said}" if said else "It said nothing."
