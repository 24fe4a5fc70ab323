"""`lab bench grade`: how fast grading is, beside nbgrader's own autograde with a new cluster each time."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from course import build, kubectl, launching
from course.cluster.embedded import Embedded
from course.errors import ClusterError, GradeError, ToolError
from grader import process, samples
from grader.assignments import Assignment
from grader.config import nbgraders_needs
from grader.folder import grade_folder
from grader.place import end_cluster, start_cluster
from grader.results import Outcome

_LESSON = "pods"
_RESET_AIM = 0.1

_STOCK = """\
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.root = {root!r}
c.ClearSolutions.code_stub = {{"python": {stub!r}}}
c.Execute.timeout = 300
"""


@dataclass(frozen=True)
class Way:
    """One way to grade: how many submissions, and what they took.

    `seconds` is wall time, `cpu` is CPU time of this process, of all below it and of all in its sandboxes;
    both of all submissions.
    """

    name: str
    submissions: int
    seconds: float
    cpu: float
    note: str = ""

    @property
    def a_minute(self) -> float:
        """Submissions a minute."""
        return 60 * self.submissions / self.seconds if self.seconds else 0.0

    @property
    def cpu_each(self) -> float:
        """CPU seconds a submission."""
        return self.cpu / self.submissions if self.submissions else 0.0


def bench(count: int, jobs: int, resets: int, *, as_json: bool) -> int:
    """Measure, print a table; returns 1 where the reset misses its aim."""
    with contextlib.redirect_stdout(sys.stderr):
        ways = [_ours(count, jobs), _stock_on_embedded(max(1, count // 6)), _stock_on_kind()]
        seconds = _resets(resets)
    reset = statistics.median(seconds)
    if as_json:
        rows = [asdict(way) | {"a_minute": way.a_minute, "cpu_each": way.cpu_each} for way in ways]
        figures = {"ways": rows, "reset": {"median": reset, "all": seconds, "aim": _RESET_AIM}}
        click.echo(json.dumps(figures, indent=2))
    else:
        _show(ways, seconds)
    return 0 if reset < _RESET_AIM else 1


def _ours(count: int, jobs: int) -> Way:
    """This grader, with its walls, from nothing: the start of its clusters is in the time."""
    click.echo(f"{count} submissions by lab grade --jobs {jobs} ...", err=True)
    with _course(count) as folder, _measured() as took:
        results = grade_folder(folder, jobs=jobs)
    if any(r.outcome is not Outcome.SCORED or r.score != r.max_score for r in results):
        raise GradeError(f"A right submission did not get its points: {results}")
    return Way(f"lab grade --jobs {jobs}", count, took.seconds, took.cpu)


def _stock_on_embedded(count: int) -> Way:
    """`nbgrader autograde` with its own preprocessors, each time on an embedded cluster made for it."""
    click.echo(
        f"{count} submissions by nbgrader autograde, each on a new embedded cluster ...", err=True
    )
    with _course(count) as folder:
        _stock(folder)
        with _measured() as took:
            for number in range(count):
                with _fresh() as cluster:
                    _autograde(folder, f"student-{number}", cluster.shell_argv([]), cluster.env())
    return Way("nbgrader autograde, embedded cluster each", count, took.seconds, took.cpu)


def _stock_on_kind() -> Way:
    """The same with kind, where a container engine is there."""
    name, why = "nbgrader autograde, kind cluster each", ""
    try:
        launching.prepare("kind")
    except ToolError as problem:
        why = problem.message.partition("\n")[0]
    if why:
        return Way(name, 0, 0.0, 0.0, f"not measured: {why}")
    click.echo("1 submission by nbgrader autograde on a new kind cluster ...", err=True)
    with _course(1) as folder:
        _stock(folder)
        with _measured() as took, launching.running_or_temporary("", "bench", "kind") as cluster:
            _autograde(folder, "student-0", cluster.shell_argv([]), cluster.env())
    return Way(name, 1, took.seconds, took.cpu, "CPU without the node's")


def _resets(count: int) -> list[float]:
    """Seconds of a verified reset with ten Pods to kill, as the keeper measures them."""
    seconds = []
    with _fresh() as cluster, _environment(cluster.env()):
        cluster.save_baseline()
        for number in range(count):
            click.echo(f"reset {number + 1}/{count} ...", err=True)
            for words in (
                ["create", "namespace", "ten"],
                ["create", "quota", "ten", "--hard=pods=20", "--namespace=ten"],
                ["create", "deployment", "ten", "--image=busybox:1.35", "--replicas=10",
                 "--namespace=ten", "--", "sh", "-c", "trap '' TERM; while true; do sleep 1; done"],
                ["rollout", "status", "deployment/ten", "--namespace=ten"],
            ):  # fmt: skip
                kubectl.run(words).check()
            seconds.append(cluster.reset_to_baseline().seconds)
            if left := cluster.differs_from_baseline():
                raise ClusterError(f"The cluster is not as new after its reset: {left}")
    return seconds


@dataclass
class _Took:
    seconds: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def _measured() -> Iterator[_Took]:
    took, began, before = _Took(), time.monotonic(), _cpu()
    yield took
    took.seconds, took.cpu = time.monotonic() - began, _cpu() - before


def _cpu() -> float:
    """CPU seconds of this process, of all below it that were waited for, and of what ran in sandboxes."""
    return sum(os.times()[:4]) + process.cpu_seconds()


@contextlib.contextmanager
def _course(count: int) -> Iterator[Path]:
    """A course folder with so many right submissions."""
    with tempfile.TemporaryDirectory(prefix="kl-") as name:
        right = samples.notebooks(_LESSON)["right"]
        for number in range(count):
            path = Path(name, "submitted", f"student-{number}", _LESSON, "exercise.ipynb")
            build.write(right, path)
        yield Path(name).resolve()


def _stock(folder: Path) -> None:
    """Prepare a folder for nbgrader as it comes."""
    with nbgraders_needs():
        Assignment(folder, _LESSON, None).prepare()
    text = _STOCK.format(root=str(folder), stub=build.STUB)
    (folder / "nbgrader_config.py").write_text(text, encoding="utf-8")


def _autograde(folder: Path, student: str, wrap: list[str], env: dict[str, str]) -> None:
    command = [
        *wrap,
        sys.executable,
        "-m",
        "nbgrader",
        "autograde",
        _LESSON,
        f"--student={student}",
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise GradeError(f"nbgrader autograde failed: {done.stderr[-1000:]}")


@contextlib.contextmanager
def _fresh() -> Iterator[Embedded]:
    from course import images

    cluster = start_cluster(f"bench-{uuid.uuid4().hex[:8]}", images.ensure())
    try:
        yield cluster
    finally:
        end_cluster(cluster)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _show(ways: list[Way], resets: list[float]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table("way", "submissions", "a minute", "CPU s each", "note")
    for way in ways:
        figures = [f"{way.a_minute:.2f}", f"{way.cpu_each:.1f}"] if way.submissions else ["–", "–"]
        shown.add_row(way.name, str(way.submissions), *figures, way.note)
    console = Console()
    console.print(shown)
    spread = f"{min(resets):.3f} to {max(resets):.3f}"
    console.print(
        f"Reset with ten Pods, verified: {statistics.median(resets):.3f} s (median of {len(resets)}, "
        f"{spread}; aim {_RESET_AIM})"
    )
