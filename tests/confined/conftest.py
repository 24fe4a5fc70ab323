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
from tests.telling import Tell


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
def outcomes(tell: Tell) -> Iterator[list[Outcome]]:
    """Outcomes put here are told, whatever became of them."""
    kept: list[Outcome] = []
    yield kept
    for outcome in kept:
        tell(outcome.summary)
        for line in [*outcome.slowest, *outcome.skips]:
            tell(line)


def cannot(reason: str) -> None:
    """Skips with the reason; where CI=true, what cannot be shown is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to show this: {reason}", pytrace=False)
    pytest.skip(reason)
