"""Compiled code for the sandboxes: it saves time, and nothing depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.progress import silent
from grader.isolation import bytecode


def test_a_cache_in_which_nothing_can_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubelab").write_text(
        "a file, where no folder can be made; root may write anywhere"
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert bytecode.ensure(silent) is None
