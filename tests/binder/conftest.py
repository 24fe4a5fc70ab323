from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.cluster import tools
from tests.binder import image
from tests.confined import container, daemon
from tests.confined import stage as stages
from tests.confined.conftest import cannot


@pytest.fixture(scope="module")
def built(binary: Path) -> Iterator[image.Built]:
    """The image that binder/ makes."""
    if tools.proot() is None:
        cannot("there is no PRoot, and its Debian package cannot be had")
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    try:
        stage = stages.make(folder, binary)
        with (
            daemon.running() as docker,
            container.image(docker) as base,
            image.built(base, stage) as made,
        ):
            yield made
    except daemon.NoDockerError as reason:
        cannot(f"Docker cannot be had: {reason}")
    finally:
        shutil.rmtree(folder)
