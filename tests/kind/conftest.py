"""One machine with Docker for the folder, and one kind cluster on it, both made when they are first wanted."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import images
from course.cluster.kind import furnish, image
from course.kit import programs
from course.progress import silent
from tests.confined.daemon import NoDockerError
from tests.kind import machine as machines
from tests.kind.machine import Machine

NAME = "kindly"


@pytest.fixture(scope="package")
def machine(binary: Path) -> Iterator[Machine]:
    """The machine, with all at hand that a kind cluster needs: there is no network in which to fetch it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(tempfile.mkdtemp(prefix="kl-"))
        patch.setenv("XDG_STATE_HOME", str(folder))
        programs.ensure("kind")
        furnish.ensure(silent)
        image.archive_of_own()
        images.ensure()
        try:
            with machines.running() as found:
                yield found
        except NoDockerError as why:
            cannot(str(why))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def cluster(machine: Machine) -> Iterator[str]:
    """The name of a kind cluster that is ready; nothing of it may be left at the end."""
    said = machine.lab("up", "--cluster", "kind", "--name", NAME)
    assert said.returncode == 0, said.stdout + said.stderr
    yield NAME
    said = machine.lab("down", "--name", NAME)
    assert said.returncode == 0, said.stdout + said.stderr
    assert not machine.docker.call("ps", "--all", "--quiet")
    assert not machine.docker.call("volume", "ls", "--quiet")


def cannot(reason: str) -> None:
    """Skips with the reason; where CI=true, what cannot be shown is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to show this: {reason}", pytrace=False)
    pytest.skip(f"the tests of kind need Docker: {reason}")
