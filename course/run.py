"""`lab run`: executes lessons inside the cluster's network and says which cells passed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course import launching, paths, processes
from course.cluster.base import Cluster
from course.errors import LessonError, UsageError

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Result:
    """What came of one lesson.

    Attributes:
        lesson: its name.
        cells: how many code cells it has, and `passed` how many ran without an error.
        seconds: how long it took.
        error: what went wrong, and in which cell; empty when all went well.
    """

    lesson: str
    cells: int
    passed: int
    seconds: float
    error: str = ""


def lessons(lang: str, wanted: Sequence[str] = ()) -> list[Path]:
    """The lessons of a language, or those that `wanted` names, in the course's order.

    A name is a file's path, or a lesson's label (see `label`) or its beginning.

    Raises:
        UsageError: a name is not a lesson's.
    """
    folder = paths.notebooks(lang)
    found = sorted(folder.glob("*/*.ipynb"))  # the start page beside their folders is no lesson
    known = [f for f in found if not _is_exercise(f)]
    if not wanted:
        return known
    return [_named(name, known, folder) for name in wanted]


def _named(name: str, known: Sequence[Path], folder: Path) -> Path:
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    labels = {label(f, folder): f for f in known}
    wanted = name.removesuffix(".ipynb").removesuffix("/lesson")
    exact = [text for text in labels if text == wanted]
    matches = exact or [text for text in labels if text.startswith(wanted)]
    if len(matches) == 1:
        return labels[matches[0]]
    there = ", ".join(matches or labels) or "none"
    raise UsageError(
        f"{name!r} names more than one lesson: {there}."
        if matches
        else f"there is no lesson {name!r} in {folder}; there are: {there}.",
        "Give the lesson's whole name, or the path of a notebook.",
    )


def label(notebook: Path, folder: Path) -> str:
    """What a person calls the lesson: its path in `folder`, and for pods/lesson.ipynb just `pods`."""
    try:
        inside = notebook.relative_to(folder.resolve())
    except ValueError:
        return notebook.stem
    return inside.with_suffix("").as_posix().removesuffix("/lesson")


def _is_exercise(notebook: Path) -> bool:
    """An exercise has cells that a student must fill in: it cannot run as it is."""
    try:
        cells = json.loads(notebook.read_text())["cells"]
        return any(
            (cell.get("metadata", {}).get("nbgrader") or {}).get(key)
            for cell in cells
            for key in ("grade", "solution")
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise LessonError(f"{notebook} is not a notebook: {error}.") from error


def run(
    name: str,
    lang: str,
    wanted: Sequence[str],
    timeout: int,
    output: Path | None = None,
    kind: str = "",
) -> int:
    """Executes lessons, shows a table of what came of them, and returns the exit code.

    Uses the cluster `name` if it runs; else a temporary one, which it ends.
    """
    chosen = lessons(lang, wanted)
    if not chosen:
        raise LessonError(f"there are no lessons in {paths.notebooks(lang)}.", "Run: ./lab build")
    with launching.running_or_temporary(name, "run", kind) as cluster:
        folder = paths.notebooks(lang)
        results = list(_execute(cluster, {label(f, folder): f for f in chosen}, timeout, output))
    from rich.console import Console

    Console().print(_table(results))
    for result in results:
        if result.error:
            click.echo(f"\n{result.lesson}: {result.error}", err=True)
    return 1 if any(r.error for r in results) else 0


def _execute(
    cluster: Cluster, chosen: Mapping[str, Path], timeout: int, output: Path | None
) -> Iterator[Result]:
    """Runs this module inside the cluster's network; it prints one result a line."""
    with tempfile.TemporaryDirectory(prefix="kubelab-run-") as temporary:
        out = (output or Path(temporary)).resolve()
        out.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-P", "-m", "course.runner", "--timeout", str(timeout), str(out)]
        argv += [f"{name}={path}" for name, path in chosen.items()]
        command = cluster.shell_argv(argv, name="run")
        log = out / "run.log"
        with (
            log.open("w") as words,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
                cwd=temporary,
                # What a runner that is killed leaves, its kernels' files too, goes with this folder.
                env=os.environ | cluster.env() | {"TMPDIR": temporary},
            ) as child,
        ):
            assert child.stdout is not None  # noqa: S101 - it was asked for
            try:
                for line in child.stdout:
                    result = Result(**json.loads(line))
                    mark = "failed" if result.error else "passed"
                    click.echo(f"{result.lesson}: {mark} in {result.seconds:.1f} s", err=True)
                    yield result
            except BaseException:  # Ctrl-C: the runner, its kernels and what they started end too
                if runner := processes.of(child.pid):
                    processes.kill_tree(runner, 5)
                raise
        if child.returncode:
            raise LessonError(
                f"the runner ended with exit code {child.returncode}:\n{log.read_text()[-2000:]}",
                "Look at the cluster with: ./lab status",
            )


def _table(results: Sequence[Result]) -> Table:
    from rich.table import Table

    table = Table("lesson", "cells", "time", "outcome")
    for column in table.columns[1:3]:
        column.justify = "right"
    for r in results:
        outcome = "[red]failed[/]" if r.error else "[green]passed[/]"
        table.add_row(r.lesson, f"{r.passed}/{r.cells}", f"{r.seconds:.1f} s", outcome)
    return table
