from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.confined import stage as stages
from tests.confined.suite import Outcome
from tests.support import end_processes_of, processes_of

_TOLD: list[str] = []


@pytest.fixture
def stage(binary: Path) -> Iterator[stages.Stage]:
    """The repository, the built binaries and the images in a folder that any user may read."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    yield stages.make(folder, binary)
    left = processes_of(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"the run left processes: {left}"
    assert not folder.exists(), f"the run left files in {folder}"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Iterator[list[Outcome]]:
    """Outcomes put here are told at the end of the session, whatever became of them."""
    outcomes: list[Outcome] = []
    yield outcomes
    for outcome in outcomes:
        _TOLD.append(f"{request.node.name}: {outcome.summary}")
        _TOLD.extend(f"    {line}" for line in outcome.slowest)
        _TOLD.extend(f"    {line}" for line in outcome.skips)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _TOLD:
        terminalreporter.section("the cluster tests, confined")
        for line in _TOLD:
            terminalreporter.line(line)


def cannot(reason: str) -> None:
    """Skips with the reason; where CI=true, what cannot be shown is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to show this: {reason}", pytrace=False)
    pytest.skip(reason)
