"""`lab test`: every check of this repository, each run even where one before it failed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from course import paths
from course.cluster import tools


@dataclass
class Totals:
    """How many checks and tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Totals) -> None:
        """Adds the counts of another part."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def test(pytest_arguments: Sequence[str]) -> int:
    """Runs ruff, mypy, go vet, go test and pytest; with arguments, only pytest with these.

    The last line is the totals of all. Returns 1 when something failed.
    """
    parts: list[tuple[str, Callable[[], Totals]]] = [
        ("pytest", lambda: _pytest(pytest_arguments)),
    ]
    if not pytest_arguments:
        parts[:0] = [
            ("ruff check", lambda: _tool("ruff", "check")),
            ("ruff format", lambda: _tool("ruff", "format", "--check")),
            ("mypy", lambda: _tool("mypy")),
            ("go vet", _go_vet),
            ("go test", _go_test),
        ]
    totals, rows = Totals(), []
    for name, part in parts:
        click.secho(f"── {name}", bold=True)
        sys.stdout.flush()
        counted = part()
        totals.add(counted)
        rows.append((name, counted))
    click.echo("")
    for name, counted in rows:
        click.echo(f"{name:12} {counted}")
    click.echo(f"total: {totals}")
    return 1 if totals.failed else 0


def _tool(*argv: str) -> Totals:
    done = subprocess.run(argv, cwd=paths.ROOT, env=_environment(), check=False)
    return Totals(failed=1) if done.returncode else Totals(passed=1)


def _environment() -> dict[str, str]:
    """Ours, but that Python keeps what it compiles: hundreds of processes of a run import the same."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PATH": tools.search_path()}


def _go(*argv: str, pipe: bool = False) -> subprocess.Popen[str]:
    """A go command with the flags of the build, so that its cache serves."""
    env = _environment() | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath",
        "GOWORK": "off",
    }
    return subprocess.Popen(
        ["go", *argv],
        cwd=paths.PODLING_SOURCES,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if pipe else None,
    )


def _without_go() -> Totals | None:
    if shutil.which("go"):
        return None
    click.echo("skipped: there is no Go toolchain on PATH")
    return Totals(skipped=1)


def _go_vet() -> Totals:
    return _without_go() or (Totals(failed=1) if _go("vet", "./...").wait() else Totals(passed=1))


def _go_test() -> Totals:
    skipped = _without_go()
    if skipped:
        return skipped
    totals = Totals()
    said: dict[str, list[str]] = {}
    child = _go("test", "-short", "-json", "./...", pipe=True)
    assert child.stdout is not None  # noqa: S101 - it was asked for
    for line in child.stdout:
        _count_go_event(line, totals, said)
    if child.wait() and not totals.failed:
        totals.failed = 1  # a package that does not compile has no test that could fail
    return totals


def _count_go_event(line: str, totals: Totals, said: dict[str, list[str]]) -> None:
    """One line of test2json (cmd/test2json): counts tests, and shows what a failing one said."""
    try:
        event = json.loads(line)
    except ValueError:
        click.echo(line.rstrip())
        return
    action, test_name = event.get("Action"), event.get("Test", "")
    package = event.get("Package") or event.get("ImportPath") or ""
    output = said.setdefault(f"{package} {test_name}", [])
    if action in ("output", "build-output"):
        output.append(event.get("Output", ""))
    elif action in ("pass", "fail", "skip"):
        if action == "fail":
            click.echo("".join(output), nl=False)
        elif not test_name and action == "pass":
            click.echo(f"ok    {package} ({event.get('Elapsed', 0):.1f} s)")
        if test_name and action == "pass":
            totals.passed += 1
        elif test_name and action == "skip":
            totals.skipped += 1
        elif test_name:
            totals.failed += 1
    elif action == "build-fail":
        click.echo("".join(output), nl=False)
        totals.failed += 1


def _pytest(arguments: Sequence[str]) -> Totals:
    with tempfile.TemporaryDirectory(prefix="kubelab-test-") as folder:
        report = Path(folder) / "report.xml"
        argv = [
            sys.executable,
            "-m",
            "pytest",
            f"--junitxml={report}",
            *(arguments or _side_by_side()),
        ]
        done = subprocess.run(argv, cwd=paths.ROOT, env=_environment(), check=False)
        counted = _count_pytest(report)
        if not arguments:
            _say_slowest(report)
    if done.returncode and not counted.failed:
        counted.failed = 1  # it could not even collect, or there was no test
    return counted


def _side_by_side() -> list[str]:
    """Options for the whole: tests side by side, one more than there are processors: most of a test is waiting.

    What is not divided, and what begins first, is in tests/conftest.py.
    """
    workers = 1 + (os.cpu_count() or 1)
    return [f"--numprocesses={workers}", "--dist=loadscope", "--no-loadscope-reorder"]


def _say_slowest(report: Path, most: int = 15) -> None:
    """The files that took most of the time: what to make faster first."""
    try:
        cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314 - pytest's own
    except (OSError, ElementTree.ParseError):
        return
    seconds: defaultdict[str, float] = defaultdict(float)
    for case in cases:
        seconds[case.get("classname", "?")] += float(case.get("time", 0))
    click.echo("slowest files of tests, with their seconds:")
    for name, took in sorted(seconds.items(), key=lambda one: -one[1])[:most]:
        click.echo(f"  {took:6.0f} {name}")


def _count_pytest(report: Path) -> Totals:
    try:
        suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest's own
    except (OSError, ElementTree.ParseError):
        return Totals()
    totals = Totals()
    for suite in suites:
        counts = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = counts["failures"] + counts["errors"]
        passed = max(0, counts["tests"] - failed - counts["skipped"])
        totals.add(Totals(passed, failed, counts["skipped"]))
    return totals
