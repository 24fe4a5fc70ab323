"""A kit that was used once serves the commands after it, which name none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from course import cli_kit, paths
from course.cluster import binary
from course.errors import KitError
from course.kit import VARIABLE, memory
from course.kit.contents import Contents


def kit(folder: Path, sources: str) -> Path:
    folder.mkdir()
    Contents(kubernetes="v", architecture="a", sources=sources, parts=[], components=[]).write(
        folder
    )
    return folder


@pytest.fixture(autouse=True)
def no_kit(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")


def test_the_kit_of_an_earlier_command_is_used_by_a_later_one(tmp_path: Path) -> None:
    folder = kit(tmp_path / "kit", binary.sources_hash())
    cli_kit.use(str(folder))
    os.environ[VARIABLE] = ""  # as it is for another process
    cli_kit.use_last()
    assert os.environ[VARIABLE] == str(folder)


def test_a_kit_that_is_there_no_more_is_not(tmp_path: Path) -> None:
    folder = kit(tmp_path / "kit", binary.sources_hash())
    memory.remember(folder)
    assert memory.recall() == folder
    (folder / "kit.json").unlink()
    assert memory.recall() is None


def test_a_kit_of_another_version_is_not(tmp_path: Path) -> None:
    folder = kit(tmp_path / "kit", binary.sources_hash())
    memory.remember(folder)
    remembered = paths.state_home() / "kit-used-last"
    remembered.write_text(remembered.read_text().replace(binary.sources_hash(), "0" * 16))
    assert memory.recall() is None


def test_one_that_was_refused_is_not_remembered(tmp_path: Path) -> None:
    folder = kit(tmp_path / "kit", "another course")
    with pytest.raises(KitError, match="another version of the course"):
        cli_kit.use(str(folder))
    os.environ[VARIABLE] = ""
    assert memory.recall() is None
