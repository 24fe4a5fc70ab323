"""Grades all cases in as few runs as their limits allow, with honest submissions among them."""

from __future__ import annotations

import inspect
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import build
from grader import Result, grade_folder, samples
from grader.limits import Limits
from tests.hostile import handin, tiny
from tests.hostile.case import Case

JOBS = 3  # most of the time is waiting
# No less than twice what an honest submission takes on a machine that other tests keep busy.
LIMITS = {"cell": 20, "check": 90, "submission": 600}
CONTROLS = ("0-control", "g-control", "n-control", "zz-control")
"""Their names put them before, among and after the cases: submissions go by their students' names."""
LONG_CONTROLS = {"0-control": "half", "zz-control": "right"}
"""Those that hand in a whole lesson's exercise, too, and which of its samples."""

_PROBE = """\
for kind in ("pid", "net", "user", "mnt", "ipc"):
    print(kind, "is apart" if apart(kind) else "is the machine's own")
attacked()"""


@dataclass
class Graded:
    """What came of a run: results by (student, assignment), and the most memory of a worker."""

    folder: Path
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    worker_kb: int = 0

    def of(self, student: str, assignment: str = tiny.ASSIGNMENT) -> Result:
        """One result; every submission has one."""
        assert (student, assignment) in self.results, f"{student} has no result for {assignment}"
        return self.results[student, assignment]


class NoSandboxError(Exception):
    """This grader runs submissions without walls: a hostile one would reach the machine."""


def must_have_sandbox() -> None:
    """Raises where grade_folder has none to offer."""
    if "isolation" not in inspect.signature(grade_folder).parameters:
        raise NoSandboxError("grade_folder knows no isolation: hostile submissions are not run")


def prove_sandbox(folder: Path, known: handin.Values) -> None:
    """Grade a harmless submission that says where it runs; nothing hostile runs before it."""
    answers = {"last": _PROBE}
    probe = Case("probe", "says where it runs", ("scored",), answers=answers, most=tiny.POINTS)
    tiny.write_source(folder)
    handin.hand_in(probe, folder, known)
    (result,) = grade(folder, {})
    words = handin.shown(executed(result)) if result.notebook else ""
    if result.isolation != "sandbox" or "the machine's own" in words or "is apart" not in words:
        raise NoSandboxError(f"{result}\n{words}")


def grade(folder: Path, limits: Mapping[str, float]) -> list[Result]:
    """One run of the grader."""
    chosen: dict[str, Any] = {**LIMITS, **limits}
    options: dict[str, Any] = {"jobs": JOBS, "isolation": "sandbox", "limits": Limits(**chosen)}
    return grade_folder(folder, **options)


def executed(result: Result) -> NotebookNode:
    """The executed notebook."""
    assert result.notebook is not None, f"{result.student} has no executed notebook: {result}"
    return nbformat.read(result.notebook, as_version=4)


def run(cases: Sequence[Case], folder: Path, known: handin.Values) -> dict[str, Graded]:
    """Grade the cases, those of the same limits together; the results by the case's name."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(str(sorted(case.limits.items())), []).append(case)
    came: dict[str, Graded] = {}
    for number, together in enumerate(groups.values()):
        graded = Graded(folder / str(number))
        tiny.write_source(graded.folder)
        _hand_in_controls(graded.folder, {case.assignment for case in together})
        for case in together:
            handin.hand_in(case, graded.folder, known)
        with _watched(graded):
            for result in grade(graded.folder, together[0].limits):
                graded.results[result.student, result.assignment] = result
        came |= {case.name: graded for case in together}
    return came


@contextmanager
def _watched(graded: Graded) -> Iterator[None]:
    """Note how much memory the workers, which speak to the students' kernels, ever hold."""
    over = threading.Event()
    # A process that has become none by the third look becomes none. To ask all, always, is a tenth of a processor.
    others: Counter[Path] = Counter()

    def look_on() -> None:
        while not over.wait(0.3):
            for process in Path("/proc").glob("[0-9]*"):
                if others[process] < 3:
                    if _is_worker(process):
                        graded.worker_kb = max(graded.worker_kb, _peak(process))
                    else:
                        others[process] += 1

    watcher = threading.Thread(target=look_on, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _is_worker(process: Path) -> bool:
    try:
        return b"grader.worker" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _peak(process: Path) -> int:
    """The most kilobytes that a process has held; 0 where it has ended."""
    try:
        rows = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(row.split()[1]) for row in rows if row.startswith("VmHWM"))


def _hand_in_controls(folder: Path, assignments: set[str]) -> None:
    for student in CONTROLS:
        nb = tiny.submission()
        for cell in nb.cells:
            if build.is_answer(cell) and not (student in CONTROLS[1::2] and cell.id == "make"):
                cell.source = tiny.SOLUTION[cell.id]
        build.write(nb, folder / "submitted" / student / tiny.ASSIGNMENT / "exercise.ipynb")
    for lesson in assignments - {tiny.ASSIGNMENT}:
        there = samples.notebooks(lesson)
        for student, kind in LONG_CONTROLS.items():
            build.write(there[kind], folder / "submitted" / student / lesson / "exercise.ipynb")


HONEST = {
    tiny.ASSIGNMENT: dict(zip(CONTROLS, (tiny.POINTS, 3.0, tiny.POINTS, 3.0), strict=True)),
    "pods": {"0-control": 11.5, "zz-control": 23.0},
}
"""What the controls earn, by assignment; the most of it is what there is to earn."""


@contextmanager
def doors(knocks: list[str]) -> Iterator[int]:
    """Two listeners of the machine's that nobody in a sandbox may reach: a port of loopback (yielded)
    and an abstract socket; who comes is noted."""
    port, abstract = socket.socket(), socket.socket(socket.AF_UNIX)
    port.bind(("127.0.0.1", 0))
    abstract.bind(f"\0{handin.MARK}")

    def wait(door: socket.socket, name: str) -> None:
        while True:
            try:
                guest, _ = door.accept()
            except OSError:
                return
            guest.close()
            knocks.append(name)

    for door, name in ((port, "TCP"), (abstract, "abstract socket")):
        door.listen()
        threading.Thread(target=wait, args=(door, name), daemon=True).start()
    try:
        yield int(port.getsockname()[1])
    finally:
        for door in (port, abstract):
            door.shutdown(socket.SHUT_RDWR)
            door.close()
