"""What a submission uses of the processors is known, however its processes end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from grader import process
from grader.execute import ready
from grader.isolation import sandbox
from grader.limits import Limits
from grader.process import WorkerProcess
from tests.grader import plain

SECONDS = 3
PRELUDE = f"""\
import os, signal, subprocess, sys, time
BURN = "import time\\nend = time.process_time() + {SECONDS}\\nwhile time.process_time() < end: pass\\n"
HOLD = "print(flush=True); time.sleep(1000)"
def child(end, **options):
    process = subprocess.Popen([sys.executable, "-c", BURN + end], stdout=subprocess.PIPE, **options)
    process.stdout.readline()
    return process
"""
WAYS = {
    "in the kernel": "exec(BURN)",
    "in a child that ends": "child('print(flush=True)').wait()",
    "in a child that goes on": "child(HOLD)",
    "in an orphan": "subprocess.run([sys.executable, '-c', PRELUDE + 'child(HOLD, start_new_session=True)'])",
    "in a kernel that kills itself": "exec(BURN); os.kill(os.getpid(), signal.SIGKILL)",
    "in a kernel that hears no interrupt": "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "while True:\n try: exec(BURN); time.sleep(1000)\n except KeyboardInterrupt: pass",
}


@dataclass(frozen=True)
class Measured:
    """A worker, and what one submission takes that burns nothing: the kernels' start, most of it."""

    worker: WorkerProcess
    beside: float


@pytest.fixture(scope="module", params=["sandbox", "none"])
def measured(request: pytest.FixtureRequest) -> Iterator[Measured]:
    isolated = request.param == "sandbox"
    if isolated:
        request.getfixturevalue("walls")
    worker = WorkerProcess(sandbox.prepared(isolated=isolated), isolated=isolated, cluster="")
    yield Measured(worker, min(_used(worker, plain.GOOD) for _ in range(2)))
    worker.end()


def _used(worker: WorkerProcess, answers: Mapping[str, str]) -> float:
    worker.wait_ready()
    before = process.cpu_seconds()
    worker.execute(ready(plain.submission(answers), {}), Limits(cell=15))
    worker.wait_ready()
    return process.cpu_seconds() - before


@pytest.mark.parametrize("way", WAYS)
def test_time_is_counted(measured: Measured, way: str) -> None:
    source = f"{PRELUDE}PRELUDE = {PRELUDE!r}\n{WAYS[way]}"
    used = _used(measured.worker, {**plain.GOOD, "word": source}) - measured.beside
    # The kernels' own time is not the same twice: on a busy machine, a second more or less.
    assert used >= SECONDS / 2, f"{used:.2f} s, and {measured.beside:.2f} s beside"
