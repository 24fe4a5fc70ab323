"""What runs in the sandbox: it has a cluster, and executes one submission after the other on it.

`python -m grader.worker OPTIONS`, with OPTIONS as JSON: {"isolated": bool, "cluster": kind or "", "images": path}.
It reads a job a line and writes an answer a line, all JSON:

    > {"notebook": {…}, "limits": {…}}
    < {"ready": true}                               once, and after each reset: the next job may come
    < {"notebook": {…}, "seconds": s}               executed
    < {"not_gradable": "why"}                       something of ours was not there
    < {"broken": "why"}                             the cluster is not as new, and is given up
    < {"ended": true}                               the last line

Each answer has "cpu", too: the CPU seconds that the worker and all that it started have used so far. (The
kernel would tell nobody: it forgets what a sandbox used when its first process ends.)
The end of its input ends it, and with it the sandbox and all that is in it.
"""

from __future__ import annotations

import grader.light  # noqa: F401 - it must be the first

# isort: split
import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, TextIO

import nbformat
from nbformat import NotebookNode

from course import processes
from course.errors import LabError
from grader import engine
from grader.engine import NotGradableError, Side, Watch
from grader.isolation import sandbox, student, watchdog
from grader.isolation.standstill import Standstill
from grader.kind_place import GradingKind
from grader.limits import Limits
from grader.place import GradingCluster, NoCluster, Place

_ORPHANS_END_WITHIN = 2.0
_LAST_WORD_WITHIN = 1.0
"""Seconds that one thread's answer waits for another's, which nobody may be reading any more."""


class Worker:
    """Executes submissions, one after the other, where `place` is."""

    def __init__(self, place: Place, *, isolated: bool, shared: Path) -> None:
        self.place, self.isolated, self.shared = place, isolated, shared

    def execute(self, nb: NotebookNode, limits: Limits) -> NotebookNode:
        """Execute a notebook.

        Raises:
            NotGradableError: something of ours was not there.
        """
        with ExitStack() as stack:
            words = stack.enter_context(tempfile.TemporaryFile())
            room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kl-")))
            watch = _Watch(limits, self.place)
            stack.callback(watch.stop)
            try:
                return engine.run(
                    nb, limits=limits, student=self._student(limits, room), examiner=self._examiner(room),
                    watch=Watch(watch.start, lambda: watch.killed, watch.hold, watch.release, watch.end),
                    words=words,
                )  # fmt: skip
            except NotGradableError as problem:
                raise NotGradableError(f"{problem} {_last(words)}".strip()) from problem

    def _examiner(self, room: Path) -> Side:
        env = os.environ | self.place.examiner_env()
        (room / "cwd").mkdir()
        return Side(self.place.network("examiner"), env, room / "examiner", str(room / "cwd"))

    def _student(self, limits: Limits, room: Path) -> Side:
        env = self.place.student_env(self.shared)
        network = self.place.network("student")
        if self.isolated:
            more = {"KUBELAB_KERNEL": "student", "NBGRADER_EXECUTION": "autograde", **env}
            wall = student.argv(limits, self.shared, more)
            return Side([*network, *wall], {"PATH": os.environ["PATH"]}, self.shared)
        (room / "student").mkdir()
        return Side(network, os.environ | env, self.shared, str(room / "student"))

    def clean(self) -> None:
        """Make everything as it was before the first submission.

        Raises:
            LabError: it is not.
        """
        for path in self.shared.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self.place.reset()
        if not self.isolated:  # no wall took them along when the student's kernel ended
            for process in self._left():
                process.signal(signal.SIGKILL)
                process.wait(_ORPHANS_END_WITHIN)
        for orphan in processes.zombies_of(os.getpid()):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)
        if left := [orphan.pid for orphan in self._left()]:
            raise LabError(f"Processes of the submission are left: {left}.")

    def _left(self) -> list[processes.ProcessId]:
        ours = self.place.processes()
        return [p for p in processes.tree(os.getpid())[1:] if p.pid not in ours]


class _Watch:
    """What holds one submission from outside, from its kernel's start on."""

    def __init__(self, limits: Limits, place: Place) -> None:
        self.limits, self.place = limits, place
        self.dog: watchdog.Watchdog | None = None
        self.standstill: Standstill | None = None

    def start(self, kernel: Any) -> None:
        pid = kernel.km.provisioner.process.pid
        self.standstill = Standstill(pid)
        self.dog = watchdog.of_submission(self.limits, pid, self.place.runtimes, sandbox.STATE)

    @property
    def killed(self) -> str:
        return self.dog.killed if self.dog else ""

    def hold(self) -> None:
        if self.standstill and self.dog and not self.standstill.begin():
            self.dog.kill("the code's processes could not be stopped while the answer was examined")

    def release(self) -> None:
        if self.standstill:
            self.standstill.end()

    def end(self) -> None:
        if self.dog:
            self.dog.end()

    def stop(self) -> None:
        if self.dog:
            self.dog.stop()


def _last(words: IO[bytes]) -> str:
    words.seek(0)
    return words.read()[-500:].decode("utf-8", "replace").strip()


Say = Callable[..., None]


class Answers:
    """The lines of the worker's output; two threads may write them."""

    def __init__(self, target: TextIO) -> None:
        self._target, self._lock = target, threading.Lock()

    def say(self, **answer: Any) -> None:
        """Answer, with the CPU time that was used so far."""
        line = json.dumps({**answer, "cpu": processes.cpu_seconds(os.getpid())})
        if self._lock.acquire(timeout=_LAST_WORD_WITHIN):
            with contextlib.suppress(BrokenPipeError):  # the grader was killed
                self._target.write(f"{line}\n")
                self._target.flush()
            self._lock.release()


def serve(options: Mapping[str, Any], jobs: Iterable[str], say: Say) -> None:
    """Work until there are no more jobs, or the cluster is broken."""
    isolated = bool(options["isolated"])
    place: Place = NoCluster()
    images = Path(options["images"]) if options["images"] else None
    if options["cluster"] == "kind":
        place = GradingKind(images)
    elif options["cluster"]:
        place = GradingCluster(images, isolated=isolated)
    with ExitStack() as stack:
        shared = sandbox.STUDENT
        if not isolated:
            shared = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kl-")))
        stack.callback(place.end)
        worker = Worker(place, isolated=isolated, shared=shared)
        try:
            place.start()
            say(ready=True)
            for line in jobs:
                _job(worker, json.loads(line), say)
                worker.clean()
                say(ready=True)
        except LabError as problem:
            say(broken=str(problem))


def _job(worker: Worker, job: Mapping[str, Any], say: Say) -> None:
    worker.place.check()
    began = time.monotonic()
    try:
        nb = worker.execute(nbformat.from_dict(job["notebook"]), Limits(**job["limits"]))
    except NotGradableError as problem:
        say(not_gradable=str(problem))
    else:
        say(notebook=nb, seconds=time.monotonic() - began)


class Jobs:
    """The lines of the worker's input; its end ends the worker at once, in the middle of a job too.

    The grader may have been killed. Its death reaches nobody here: where root stepped down, the one between
    has no right to signal us.
    """

    def __init__(self, source: TextIO, say: Say) -> None:
        self._source, self._say, self._lines = source, say, queue.SimpleQueue[str]()
        threading.Thread(target=self._read, name="jobs", daemon=True).start()

    def _read(self) -> None:
        for line in self._source:
            self._lines.put(line)
        self._say(ended=True)
        processes.end_descendants()
        os._exit(0)

    def __iter__(self) -> Iterator[str]:
        while True:
            yield self._lines.get()


def main() -> None:
    """The worker's process: its answers go where its standard output was, all other words to stderr."""
    processes.adopt_orphans()
    answers = Answers(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    serve(json.loads(sys.argv[1]), Jobs(sys.stdin, answers.say), answers.say)
    answers.say(ended=True)


if __name__ == "__main__":
    main()
