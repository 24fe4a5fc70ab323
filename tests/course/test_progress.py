"""Progress is read from the notebooks as a student saved them; starting over keeps the student's version."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course import build, language
from course.content import LESSONS
from course.errors import UsageError
from course.memory import Memory
from course.views import handed_out, over, render
from course.views.cluster import Seen
from course.views.progress import Lesson, progress
from tests import cells

NOW = datetime(2026, 3, 1, 10, 20, 30)
CARD = """\
from course import checks
card = checks.Scorecard(points={points})
card.expect(1, "It is a text", isinstance(checks.answer("{name}"), str), "It is no text.")
card.expect(0.5, "It is long", len(str(checks.answer("{name}"))) > 3, "It is short.")
card"""


def card_cell(name: str, points: float) -> NotebookNode:
    return cells.test(name, CARD.format(name=name, points=points), points)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of which two of three cells were run, and an exercise of which two of three tasks were checked."""
    folder = tmp_path_factory.mktemp("work") / "pods"
    folder.mkdir()
    page = cells.notebook(*map(new_code_cell, ("1", "2", "")))
    page.cells.insert(0, new_markdown_cell("# Pods\n\nA container never runs alone.", id="title"))
    done = cells.notebook(
        cells.answer("word", "word = 'long enough'"), card_cell("word", 2),
        cells.answer("short", "short = 'pod'"), card_cell("short", 3),
    )  # fmt: skip
    NotebookClient(page).execute()
    page.cells.append(new_code_cell("not_run = True", id="later"))
    NotebookClient(done).execute()
    done.cells += [cells.answer("rest", "rest = 1"), card_cell("rest", 4)]
    nbformat.write(page, folder / "lesson.ipynb")
    nbformat.write(done, folder / "exercise.ipynb")
    (folder / "hints.json").write_text('{"word": 2, "rest": 1}')
    return folder.parent


def test_cells_tasks_points_and_hints_are_counted(folder: Path) -> None:
    (one,) = progress(folder)
    assert (one.name, one.title) == ("pods", "Pods")
    assert (one.run, one.cells) == (2, 3)
    assert (one.done, len(one.tasks)) == (1, 3)
    assert (one.held, one.seen, one.points) == (2.5, 3, 9)
    assert one.hints == 3
    assert not one.problem


def test_what_is_kept_beside_the_notebook_counts_before_what_was_saved(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder / "pods", tmp_path / "pods")
    came_out = {"points": 4, "seen": 3, "held": 3, "holds": True}
    entries = {"word": {"hints": 2}, "rest": {**came_out, "hints": 1, "solution": True}}
    (tmp_path / "pods" / "hints.json").write_text(json.dumps(entries))
    (one,) = progress(tmp_path)
    assert (one.done, one.held, one.seen, one.points) == (2, 5.5, 6, 9)
    assert (one.hints, one.solutions) == (3, 1)
    page = render.bundle([one], Seen("lab", "ready"), NOW)
    assert "solutions: 1" in page["text/html"]
    assert "solutions: 1" in page["text/plain"]


def test_the_page_says_that_the_grader_decides(folder: Path) -> None:
    cluster = Seen("lab", "ready", memory=Memory(2**29, 2**31))
    page = render.bundle(progress(folder), cluster, NOW)
    for text in (page["text/html"], page["text/plain"]):
        assert "2 of 3 cells run" in text
        assert "1 of 3 tasks hold" in text
        assert "2.5 of 3 checked, 9 in all" in text
        assert "The cluster lab: ready. Memory of this session: 512 MiB of 2.0 GiB (25%)." in text
        assert "10:20:30" in text
    full = Seen("lab", "ready", memory=Memory(2**31 - 1, 2**31))
    assert "Memory is short" in render.as_text([], full, NOW)
    assert "the grader decides the points" in page["text/html"]
    assert 'href="pods/exercise.ipynb"' in page["text/html"]


def test_the_notebooks_as_handed_out_show_nothing_done() -> None:
    for lang in language.LANGUAGES:
        found = progress(build.NOTEBOOKS / lang)
        assert [one.name for one in found] == list(LESSONS)
        assert all(one.points and not (one.run or one.done or one.seen) for one in found)
        assert len({one.title for one in found}) == len(found)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 1}', "[" * 100_000])
def test_a_file_that_is_no_notebook_is_named_and_the_others_are_shown(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "pods").mkdir()
    (tmp_path / "pods" / "exercise.ipynb").write_text(text)
    (one,) = progress(tmp_path)
    assert one == Lesson("pods", "pods", ("pods/exercise.ipynb",), problem=one.problem)
    assert one.problem.startswith("exercise.ipynb cannot be read: ")
    page = render.bundle([one], Seen("lab", "unknown", "<b>gone</b>"), NOW)
    assert "exercise.ipynb cannot be read" in page["text/plain"]
    assert "&lt;b&gt;gone" in page["text/html"]


def test_what_a_student_made_of_a_notebook_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "pods").mkdir()
    mark = {"nbgrader": {"grade": True, "points": "many"}}
    strange = [
        1, {}, {"cell_type": "code", "source": ["a", 1], "metadata": 3},
        {"cell_type": "code", "metadata": mark, "outputs": [1, {"data": {"x": 1}}]},
        {"metadata": mark, "id": "b", "outputs": [{"data": {over.keeping.FILE: {}}}]},
    ]  # fmt: skip
    for name in ("lesson", "exercise"):
        (tmp_path / "pods" / f"{name}.ipynb").write_text(json.dumps({"cells": strange}))
    (one,) = progress(tmp_path)
    assert (one.cells, one.points, one.done) == (1, 0, 0)


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_starting_over_puts_back_what_was_handed_out_and_keeps_the_students_version(
    tmp_path: Path, lang: str
) -> None:
    lesson = tmp_path / "pods"
    lesson.mkdir()
    handed_out = build.exercise("pods").notebook(lang).read_text()
    mine = handed_out.replace(build.STUB, "mine = 1", 1)
    (lesson / "exercise.ipynb").write_text(mine)
    (lesson / "hints.json").write_text('{"hello": 1}')
    kept = over.exercise_over(tmp_path, "pods", NOW)
    assert kept == over.Kept("exercise-2026-03-01-102030.ipynb", "hints-2026-03-01-102030.json")
    assert (lesson / "exercise.ipynb").read_text() == handed_out
    assert (lesson / kept.notebook).read_text() == mine
    assert (lesson / kept.hints).read_text() == '{"hello": 1}'
    assert len(list(lesson.iterdir())) == 3

    # A second time there is nothing to keep; a version of the same second is not written over.
    assert over.exercise_over(tmp_path, "pods", NOW) == over.Kept("")
    (lesson / "exercise.ipynb").write_text("{ broken")
    with pytest.raises(FileExistsError):
        over.exercise_over(tmp_path, "pods", NOW)
    assert (lesson / "exercise.ipynb").read_text() == "{ broken"
    assert (lesson / kept.notebook).read_text() == mine


def test_an_exercise_of_a_class_stays_one_when_it_is_started_over(tmp_path: Path) -> None:
    (tmp_path / "pods").mkdir()
    path = tmp_path / "pods" / "exercise.ipynb"
    notebook = nbformat.read(build.exercise("pods").notebook("en"), as_version=4)
    notebook.metadata.kubelab.solutions = "teacher"
    nbformat.write(notebook, path)
    over.exercise_over(tmp_path, "pods", NOW)
    assert handed_out.is_of_a_class(path.parent, unknown=False)


def test_what_is_kept_is_no_stray_notebook(tmp_path: Path) -> None:
    build.build(folder=tmp_path)
    exercise = tmp_path / "en" / "pods" / "exercise.ipynb"
    exercise.write_text(exercise.read_text().replace(build.STUB, "mine", 1))
    assert over.exercise_over(tmp_path / "en", "pods").notebook
    assert build.check(folder=tmp_path) == []


def test_there_is_no_exercise_to_start_over(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no exercise"):
        over.exercise_over(tmp_path, "pods")
