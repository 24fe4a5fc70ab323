"""The hint ladder: one step more at each run, noted beside the notebook, and nothing under the grader."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course import build, checks, load_ipython_extension
from course.checks import hints, kept
from course.content import LESSONS
from course.errors import ContentError
from course.pace import IN_A_ROW, pace

TEXTS = ("Look.", "Look **there**.", "It is `there`.")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lesson `tea` with a task `pot`, and a student's folder that is the current one."""
    monkeypatch.setattr(hints, "_CONTENT", tmp_path)
    for name in ("KUBELAB_KERNEL", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        monkeypatch.delenv(name, raising=False)
    hints.ladders.cache_clear()
    write(tmp_path, "[pot]\nsteps = " + json.dumps(TEXTS))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    hints.ladders.cache_clear()
    pace.in_a_row = False


def write(content: Path, text: str) -> None:
    (content / "tea").mkdir(exist_ok=True)
    (content / "tea" / "hints.toml").write_text(text)
    hints.ladders.cache_clear()


def run(capsys: pytest.CaptureFixture[str]) -> str:
    checks.hint("tea", "pot")
    return capsys.readouterr().out


def noted(folder: Path) -> dict[str, int]:
    return {task: entry.hints for task, entry in kept.read(folder / "hints.json").items()}


def test_each_run_shows_one_more_and_notes_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys)
    assert "Hint 1 of 3.** Look." in first
    assert "there" not in first
    assert "Run this cell again" in first
    assert noted(folder) == {"pot": 1}
    assert TEXTS[1] in run(capsys)
    third = run(capsys)
    assert all(text in third for text in TEXTS)
    assert "again" not in third
    assert run(capsys) == third
    assert noted(folder) == {"pot": 3}
    assert [path.name for path in folder.iterdir()] == ["hints.json"]


def test_what_else_is_kept_of_the_task_stays(folder: Path) -> None:
    entry = kept.Kept(hints=1, solution=True, points=3, seen=2, held=1.5)
    assert kept.note(folder / "hints.json", "pot", entry) == ""
    checks.hint("tea", "pot")
    assert kept.read(folder / "hints.json") == {"pot": dataclasses.replace(entry, hints=2)}


def test_other_tasks_stay_as_they_were(folder: Path) -> None:
    (folder / "hints.json").write_text('{"cup": 2}')
    checks.hint("tea", "pot")
    assert noted(folder) == {"cup": 2, "pot": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "null",
        '{"pot": 9}',
        '{"pot": true}',
        '{"pot": "2"}',
        '{"pot": {"hints": 9, "points": -1, "seen": 1}}',
        '{"pot": {"points": NaN, "held": 1e400, "holds": 1}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_broken_file_counts_as_none(folder: Path, text: str) -> None:
    (folder / "hints.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    checks.hint("tea", "pot")
    assert noted(folder) == {"pot": 1}


def test_where_nothing_can_be_written_the_hint_is_shown_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "hints.json").mkdir()
    said = run(capsys)
    assert TEXTS[0] in said
    assert "could not be noted" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KUBELAB_KERNEL", "student"),
        ("KUBELAB_KERNEL", "examiner"),
        ("NBGRADER_EXECUTION", "autograde"),
        ("NBGRADER_VALIDATING", "1"),
    ],
)
def test_under_the_grader_and_validate_nothing_happens(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert run(capsys) == ""
    assert list(folder.iterdir()) == []


@pytest.fixture
def shell(folder: Path) -> Iterator[Any]:
    shell = InteractiveShell.instance()
    load_ipython_extension(shell)
    yield shell
    InteractiveShell.clear_instance()


def shown(shell: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the hint's cell displays."""
    texts: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda one: texts.append(one.data))
    shell.run_cell("from course import checks; checks.hint('tea', 'pot')").raise_error()
    (text,) = texts
    return text


def test_in_a_notebook_it_is_markdown_and_the_file_is_beside_the_notebook(
    shell: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    shell.run_cell("import os; os.chdir('elsewhere')")
    pace.after()
    monkeypatch.setattr(pace, "_ended", 0.0)
    assert "**Hint 1 of 3.** Look." in shown(shell, monkeypatch)
    assert noted(folder) == {"pot": 1}


def test_run_all_takes_no_hint_and_shows_those_taken(
    shell: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run_cell("1")
    assert shown(shell, monkeypatch).startswith("There are 3 hints.")
    assert not (folder / "hints.json").exists()
    (folder / "hints.json").write_text('{"pot": 2}')
    shell.run_cell("1")
    text = shown(shell, monkeypatch)
    assert "Hint 2 of 3" in text
    assert "Hint 3 of 3" not in text
    assert noted(folder) == {"pot": 2}
    monkeypatch.setattr(pace, "_ended", pace._ended - IN_A_ROW)
    assert "Hint 3 of 3" in shown(shell, monkeypatch)


def test_cells_that_were_sent_together_are_in_a_row_however_long_each_takes(
    shell: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = datetime.now(UTC)
    monkeypatch.setattr(shell, "get_parent", lambda: {"header": {"date": sent}}, raising=False)
    shell.run_cell("1")
    monkeypatch.setattr(pace, "_ended", pace._ended - 60)
    assert shown(shell, monkeypatch).startswith("There are 3 hints.")
    sent += timedelta(seconds=60)
    monkeypatch.setattr(pace, "_ended", pace._ended - 60)
    assert "Hint 1 of 3" in shown(shell, monkeypatch)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pot", "cannot be read"),
        ("pot = 1", "must hold `steps`"),
        ('[pot]\nsteps = ["a", "b"]', "a list of 3 texts"),
        ('[pot]\nsteps = ["a", "b", " "]', "a list of 3 texts"),
        ('[pot]\nsteps = ["a", "b", "c"]\nmore = 1', "nothing else"),
        ('[cup]\nsteps = ["a", "b", "c"]', "no hints for a task pot"),
    ],
)
def test_hints_that_are_not_as_they_must_be_are_refused(folder: Path, text: str, said: str) -> None:
    write(folder.parent, text)
    with pytest.raises(ContentError, match=said):
        checks.hint("tea", "pot")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_task_has_a_ladder_and_every_ladder_its_cell(lesson: str) -> None:
    notebook = build.read(build.exercise(lesson))
    cells = {cell.id: cell for cell in notebook.cells}
    tasks = hints.ladders(lesson)
    assert set(tasks) <= set(build.answers(notebook))
    hint_cells = [name for name in cells if name.endswith("-hint")]
    assert hint_cells == [f"{task}-hint" for task in tasks]
    tests = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(tests) == len(tasks)
    for task in tasks:
        cell = cells[f"{task}-hint"]
        assert re.fullmatch(rf'checks\.hint\("{lesson}", "{task}"\)', cell.source)
        assert cell.metadata.tags == ["hint"]
        noted = cell.metadata.nbgrader
        assert (noted.grade, noted.solution, noted.locked) == (False, False, True)
    assert "<details>" not in build.exercise(lesson).path.read_text()
