"""What nbgrader needs beside its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader import api
from sqlalchemy import text

from grader.config import nbgraders_needs


def test_a_new_gradebook_has_the_version_that_nbgraders_own_has_and_no_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        with api.Gradebook(f"sqlite:///{tmp_path / name}") as book:
            return str(book.db.execute(text("SELECT version_num FROM alembic_version")).scalar())

    own = version("own.db")
    with nbgraders_needs():
        monkeypatch.setattr("nbgrader.api.sp.check_output", None)
        assert version("ours.db") == own != "None"
