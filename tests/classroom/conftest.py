from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import progress
from grader.isolation import bytecode
from tests.classroom import people
from tests.classroom.room import Room
from tests.confined import stage as stages
from tests.confined.conftest import cannot


@pytest.fixture(scope="module")
def room(binary: Path, walls: None) -> Iterator[Room]:
    """A teacher and two students with accounts, on a machine with Kubelab and an exchange."""
    if why := people.missing():
        cannot(why)
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    try:
        compiled = bytecode.ensure(progress.silent)
        stage = stages.make(folder, binary)
        with people.users(["teacher", "ada", "bob"], folder) as (teacher, ada, bob):
            room = Room(stage, teacher, ada, bob)
            room.prepare(compiled)
            yield room
    finally:
        people.root("rm", "-rf", folder)
    assert not folder.exists()
