"""`lab grade`: a run with a person watching."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from course import progress
from course.errors import UsageError
from course.views.solutions import FILE as SOLUTIONS
from grader import kind_place, release, reports, solutions
from grader.folder import grade_folder
from grader.ledger import NOTEBOOK
from grader.results import Outcome, Result, table
from grader.submissions import some


def grade(folder: Path, *, as_json: bool, **options: Any) -> int:
    """Grade a folder, show the results and write the reports; returns the exit code.

    Args:
        folder: nbgrader's course folder.
        as_json: print the results as JSON, not as a table.
        options: as `grade_folder` takes them.
    """
    count = len(some(folder.resolve()))
    if options["cluster"] == "kind":
        kind_place.refuse_sandbox(options["isolation"])
    for name in release.own_sources(folder):
        click.echo(f"{name} is graded by your own source/{name}: it is not the course's.", err=True)
    with progress.shown("Preparing") as bar:
        from grader.isolation import sandbox

        sandbox.prepared(isolated=options["isolation"] != "none", progress=bar)
    with closing(_Watched(count)) as watched:
        results = grade_folder(folder, on_result=watched.told, **options)
    written = reports.write(folder / "reports", results)
    if as_json:
        click.echo(json.dumps([result.as_dict() for result in results], indent=2))
    else:
        Console().print(table(results))
        click.echo(f"Reports: {', '.join(str(path) for path in written)}")
    return 1 if any(result.outcome is Outcome.NOT_GRADABLE for result in results) else 0


class _Watched:
    """A bar with the time left; where there is no terminal, a line for each submission."""

    def __init__(self, count: int) -> None:
        self.count, self.done = count, 0
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        if self.console.is_terminal:
            columns = (
                TextColumn("Grading"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, TextColumn("{task.description}"), console=self.console)
            self.task = self.bar.add_task("", total=count)
            self.bar.start()

    def told(self, result: Result) -> None:
        """A submission is done."""
        self.done += 1
        if self.bar:
            self.bar.update(
                self.task, advance=1, description=f"{result.student}, {result.assignment}"
            )
            return
        score = "no score" if result.score is None else f"{result.score:g} of {result.max_score:g}"
        click.echo(
            f"{self.done} of {self.count}: {result.student}, {result.assignment}: {score}, "
            f"{result.outcome}",
            err=True,
        )

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self.bar:
            self.bar.stop()


def release_lessons(folder: Path, lessons: Sequence[str], *, lang: str, replace: bool) -> int:
    """Make a folder ready for a class, and say what comes next; returns the exit code."""
    done = release.release(folder, lessons, lang=lang, replace=replace)
    for one in done:
        state = "written" if one.written else "there already"
        click.echo(f"{one.lesson}: {one.tests} tasks, {one.points:g} points, in {lang}: {state}")
    first = done[0].lesson
    click.echo(
        f"""
Give it to the class in one of two ways:
- by nbgrader's exchange: in {folder}, run `nbgrader release_assignment {first}`, and later `nbgrader collect {first}`;
- by hand: copy {folder}/release/{first} to the students (never source/, where the solutions are), and put what they
  hand in into {folder}/submitted/STUDENT/{first}/{NOTEBOOK}
Then: ./lab grade {folder}. A whole week, with late penalties and sections: grader/TEACHING.md"""
    )
    return 0


def release_solutions(folder: Path, lessons: Sequence[str]) -> int:
    """Put the solutions beside what students get, and say what comes next; returns the exit code."""
    done = solutions.hand_out(folder, lessons)
    for name, tasks in done.items():
        click.echo(f"{name}: the solutions of {tasks} tasks are in release/{name}/{SOLUTIONS}")
    first = next(iter(done))
    click.echo(
        f"""
Give that file to the class, to lie beside each student's notebook:
- by nbgrader's exchange: in {folder}, run `nbgrader release_assignment {first} --force`; each student then runs
  `nbgrader fetch_assignment {first} --replace`, which brings what is missing and leaves their notebook alone;
- or by hand. From then on, the button *Solution* works."""
    )
    return 0


def parameters(values: Sequence[str]) -> dict[str, Any] | None:
    """NAME=VALUE words as parameters; None where there are none."""
    found: dict[str, Any] = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"{word!r} is no parameter.", "Write it as NAME=VALUE.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found or None
