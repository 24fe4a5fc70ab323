"""`lab release`: a folder that a class can work with, in which nothing of the teacher's is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from course import build
from course.content import LESSONS
from course.errors import ContentError, GradeError
from grader import Outcome, grade_folder, solutions
from grader.release import own_sources, release
from tests.support import thorough

LESSON = LESSONS[0]
SOURCE = f"source/{LESSON}/exercise.ipynb"
RELEASE = f"release/{LESSON}/exercise.ipynb"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first lesson, as one call leaves it."""
    folder = tmp_path_factory.mktemp("release") / "class"
    release(folder, [LESSON])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test to change."""
    return Path(shutil.copytree(made, tmp_path / "class"))


def files(folder: Path) -> dict[str, bytes]:
    """What the teacher has in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def change(path: Path) -> bytes:
    """Write a word of the teacher's into a notebook; returns the file's new content."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n\nHand it in by Friday."
    nbformat.write(notebook, path)
    return path.read_bytes()


def points(lesson: str) -> float:
    return sum(
        cell.metadata.nbgrader.points
        for cell in build.read(build.exercise(lesson)).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    )


def test_the_folder_holds_what_teacher_students_and_nbgrader_need(made: Path) -> None:
    assert set(files(made)) == {
        SOURCE,
        RELEASE,
        "gradebook.db",
        "nbgrader_config.py",
        ".kubelab/written.json",
    }
    assert "BEGIN SOLUTION" in (made / SOURCE).read_text()
    theirs = nbformat.read(made / RELEASE, as_version=4)
    ours = nbformat.read(build.exercise(LESSON).notebook("en"), as_version=4)
    assert [dict(cell) for cell in theirs.cells] == [dict(cell) for cell in ours.cells]
    with Gradebook(f"sqlite:///{made / 'gradebook.db'}") as book:
        assert book.find_assignment(LESSON).max_score == points(LESSON)


def test_a_second_call_changes_nothing_and_says_so(folder: Path) -> None:
    before = files(folder)
    (one,) = release(folder, [LESSON])
    assert not one.written
    assert one.points == points(LESSON)
    assert files(folder) == before


@pytest.mark.parametrize("name", [SOURCE, RELEASE])
def test_a_changed_file_is_named_and_kept_until_it_is_to_be_replaced(
    name: str, folder: Path, made: Path
) -> None:
    changed = change(folder / name)
    with pytest.raises(GradeError, match=name) as refused:
        release(folder, [LESSON])
    assert "--replace" in refused.value.next_step
    assert (folder / name).read_bytes() == changed
    (one,) = release(folder, [LESSON], replace=True)
    assert one.written
    assert (folder / name).read_bytes() == (made / name).read_bytes()


def test_a_file_that_the_lab_did_not_write_is_kept(tmp_path: Path) -> None:
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    (tmp_path / SOURCE).write_text("mine")
    with pytest.raises(GradeError, match=SOURCE):
        release(tmp_path, [LESSON])
    assert (tmp_path / SOURCE).read_text() == "mine"


def test_what_was_removed_is_written_again(folder: Path, made: Path) -> None:
    (folder / RELEASE).unlink()
    (folder / "gradebook.db").unlink()
    (one,) = release(folder, [LESSON])
    assert one.written
    assert (folder / RELEASE).read_bytes() == (made / RELEASE).read_bytes()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        assert book.find_assignment(LESSON).max_score == points(LESSON)


def test_the_configuration_of_the_teacher_is_kept(folder: Path) -> None:
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Exchange.root = '/srv/exchange'\n")
    release(folder, [LESSON], replace=True)
    assert "/srv/exchange" in config.read_text()


def test_solutions_are_handed_out_when_the_teacher_says_so(folder: Path) -> None:
    assert nbformat.read(folder / RELEASE, as_version=4).metadata.kubelab.solutions == "teacher"
    before = files(folder)
    changed = nbformat.read(folder / SOURCE, as_version=4)
    (cell,) = (one for one in changed.cells if one.id == "hello")
    cell.source = cell.source.replace("%kubectl run", "%kubectl   run")
    nbformat.write(changed, folder / SOURCE)
    tasks = solutions.hand_out(folder, [LESSON])
    assert tasks == {LESSON: 10}
    after = files(folder)
    name = f"release/{LESSON}/solutions.json"
    assert set(after) - set(before) == {name, f"source/{LESSON}/solutions.json"}
    assert after[RELEASE] == before[RELEASE]
    assert "%kubectl   run" in json.loads(after[name])["hello"][0]
    assert "SOLUTION" not in after[name].decode()
    nbformat.write(nbformat.reads(before[SOURCE].decode(), as_version=4), folder / SOURCE)
    assert release(folder, [LESSON], replace=True)
    assert (folder / name).exists()
    (again,) = release(folder, [LESSON])
    assert not again.written


def test_solutions_of_what_was_not_released_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(GradeError, match="services has not been released"):
        solutions.hand_out(folder, [LESSON, "services"])
    assert not (folder / "release" / LESSON / "solutions.json").exists()
    with pytest.raises(GradeError, match="No exercise has been released"):
        solutions.hand_out(tmp_path / "empty", [])
    assert not (tmp_path / "empty").exists()


def test_a_language_or_lesson_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no course in xx"):
        release(tmp_path / "class", lang="xx")
    with pytest.raises(ContentError, match="no lesson tea"):
        release(tmp_path / "class", ["tea"])
    assert not (tmp_path / "class").exists()


def test_the_command_hands_out_solutions(lab: Any, folder: Path) -> None:
    said = lab("release", "--solutions", str(folder))
    assert said.returncode == 0, said.stderr
    assert f"release/{LESSON}/solutions.json" in said.stdout
    assert f"nbgrader release_assignment {LESSON} --force" in said.stdout
    assert (folder / "release" / LESSON / "solutions.json").exists()


def test_the_command_says_what_comes_next(lab: Any, made: Path) -> None:
    said = lab("release", str(made), LESSON)
    assert said.returncode == 0, said.stderr
    assert f"{LESSON}: " in said.stdout
    assert "there already" in said.stdout
    for words in (f"nbgrader release_assignment {LESSON}", f"./lab grade {made}", "solutions"):
        assert words in said.stdout


def hand_in(folder: Path, student: str, lesson: str, lang: str) -> None:
    """The released notebook with the solutions written into its answer cells."""
    solution = build.solution(build.exercise(lesson), lang)
    notebook = nbformat.read(folder / "release" / lesson / "exercise.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = solution.get(cell.id, cell.source).strip("\n")
    build.write(notebook, folder / "submitted" / student / lesson / "exercise.ipynb")


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("walls")
@pytest.mark.parametrize("lang", build.LANGUAGES if thorough() else ["zh"])
def test_what_was_released_and_solved_scores_full_by_the_teachers_source(
    lang: str, tmp_path: Path
) -> None:
    release(tmp_path, [LESSON], lang=lang)
    hand_in(tmp_path, "ada", LESSON, lang)
    changed = change(tmp_path / SOURCE)
    (result,) = grade_folder(tmp_path)
    assert result.outcome is Outcome.SCORED
    assert result.score == result.max_score == points(LESSON)
    assert (tmp_path / SOURCE).read_bytes() == changed, "grading overwrote the teacher's source"
    assert own_sources(tmp_path) == [LESSON]
