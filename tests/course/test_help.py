"""The help below a task, in a real kernel: buttons are pressed by the messages that a front end sends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import compute_checksum

from course import build, paths
from course.checks import hints
from course.content import LESSONS
from course.language import LANGUAGES
from course.views import handed_out, solutions
from course.views import help as buttons
from tests.course.student import BEGIN, Student, sitting

TASK = "sees"
"""A task of the Pods whose visible checks need no cluster."""


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A student's folder, with the exercise as it was handed out."""
    lang = getattr(request, "param", "en")
    folder = tmp_path / "pods"
    folder.mkdir()
    handed_out = build.exercise("pods").notebook(lang).read_text(encoding="utf-8")
    (folder / "exercise.ipynb").write_text(handed_out, encoding="utf-8")
    return folder


@pytest.fixture
def student(folder: Path, request: pytest.FixtureRequest) -> Iterator[Student]:
    lang = json.loads((folder / "exercise.ipynb").read_text())["metadata"]["kubelab"]["language"]
    with sitting(folder, lang) as one:
        yield one


def kept(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "hints.json").read_text())
    return found


def hint_cell(task: str = TASK) -> str:
    return f'checks.hint("pods", "{task}")'


def test_hints_come_one_by_one_and_are_kept(student: Student, folder: Path) -> None:
    student.run(hint_cell())
    assert set(student.buttons()) == {"Hint (1 of 3)", "Check", "Solution"}
    assert not (folder / "hints.json").exists(), "to run the cell takes no hint"
    first, second, third = hints.ladders("pods")[TASK]
    student.press("Hint (1 of 3)")
    assert first in student.display
    assert second not in student.display
    assert "Hints: 1 of 3." in student.display
    assert kept(folder)[TASK]["hints"] == 1
    student.press("Hint (2 of 3)")
    student.press("Hint (3 of 3)")
    assert third in student.display
    assert student.widgets[student.buttons()["All 3 hints are shown"]]["disabled"] is True
    assert kept(folder)[TASK]["hints"] == 3


def test_a_check_runs_the_cell_that_was_handed_out_and_says_what_it_says(
    student: Student, folder: Path
) -> None:
    path = folder / "exercise.ipynb"
    edited = path.read_text().replace("card = checks.Scorecard(points=2)", "card = 'all is well'")
    assert edited != path.read_text()
    path.write_text(edited)
    student.run(hint_cell())
    student.press("Check")
    assert "✘ There is an answer" in student.display
    assert "Variable sees: expected your answer; found no answer yet." in student.display
    assert "2 of the 2 points are for checks that run when you hand in." in student.display
    assert "✘ 0 of 0 points in sight. 2 more when you hand in. Hints: 0 of 3." in student.display
    assert kept(folder)[TASK] == {
        "hints": 0, "solution": False, "points": 2, "seen": 0, "held": 0, "holds": False
    }  # fmt: skip
    student.run("sees = {'page': 'beta'}")
    student.press("Check")
    assert "✔ There is an answer" in student.display
    assert kept(folder)[TASK]["holds"] is True
    assert student.run("_ih[-1]; print(len(_ih))").strip() == "5", "a check is no cell of theirs"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_test_cell_is_known_as_it_was_handed_out(lesson: str, lang: str) -> None:
    path = build.exercise(lesson).notebook(lang)
    marked = [
        cell for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    ]  # fmt: skip
    assert [cell.id for cell in marked] == [f"{task}-test" for task in hints.ladders(lesson)]
    for cell in marked:
        assert handed_out.checksum(cell.source, cell.metadata.nbgrader) == compute_checksum(cell)
        task = cell.id.removesuffix("-test")
        assert handed_out.test_of(path.parent, lesson, task) == cell.source


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_task_has_a_solution(lesson: str) -> None:
    found = solutions.by_task(build.read(build.exercise(lesson)))
    assert list(found) == list(hints.ladders(lesson))
    assert all(texts and all(text.strip() for text in texts) for texts in found.values())
    assert "SOLUTION" not in str(found)


def test_where_a_teacher_changed_the_test_cell_theirs_is_run(
    student: Student, folder: Path
) -> None:
    path = folder / "exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (one for one in notebook.cells if one.id == f"{TASK}-test")
    cell.source = cell.source.replace("There is an answer", "Ada, there is an answer")
    cell.metadata.nbgrader.checksum = compute_checksum(cell)
    nbformat.write(notebook, path)
    student.run(hint_cell())
    student.press("Check")
    assert "✘ Ada, there is an answer" in student.display


def test_what_a_check_needs_and_what_stops_it_is_said(student: Student) -> None:
    student.run(hint_cell("hello"))
    student.press("Check")
    assert "Run the cells at the notebook's beginning first." in student.display
    assert "Not checked yet." in student.display
    assert "Check" in student.buttons()


def test_the_students_own_run_of_the_test_cell_is_kept_too(student: Student, folder: Path) -> None:
    student.run(hint_cell())
    card = "card = checks.Scorecard(points=3)\ncard.expect(1, 'a', True, '')\ncard.expect(1, 'b', {}, 'no')\ncard"
    student.run(card.format(False), cell=f"{TASK}-test")
    assert "✘ 1 of 2 points in sight. 1 more when you hand in." in student.display
    student.run(card.format(True), cell=f"{TASK}-test")
    assert kept(folder)[TASK]["holds"] is True
    student.run("1", cell="other-test")
    assert list(kept(folder)) == [TASK]


def test_how_far_a_task_is_survives_the_kernel(student: Student, folder: Path) -> None:
    known = {"hints": 1, "points": 3, "seen": 1.5, "held": 1.5, "holds": True}
    (folder / "hints.json").write_text(json.dumps({TASK: known}))
    student.run(hint_cell())
    assert (
        "✔ 1.5 of 1.5 points in sight. 1.5 more when you hand in. Hints: 1 of 3." in student.display
    )
    assert hints.ladders("pods")[TASK][0] in student.display
    assert "Hint (2 of 3)" in student.buttons()


def test_a_solution_is_shown_by_rule_after_a_question_and_is_noted(
    student: Student, folder: Path
) -> None:
    (text,) = solutions.by_task(build.read(build.exercise("pods")))[TASK]
    student.run(hint_cell())
    student.press("Solution")
    assert "after all 3 hints, or after a check that did not hold" in student.said()
    student.press("Check")
    student.press("Solution")
    assert "Press again" in student.said()
    student.press("Hint (1 of 3)")  # something else was pressed: the question is asked again
    student.press("Solution")
    assert text.splitlines()[0] not in student.said()
    assert kept(folder)[TASK]["solution"] is False
    student.press("Yes, show the solution")
    for row in text.splitlines():
        assert row in student.display
    assert "The solution was shown." in student.display
    assert kept(folder)[TASK] | {"hints": 1, "solution": True} == kept(folder)[TASK]
    student.run(hint_cell())
    assert text.splitlines()[0] in student.display, "a new run shows again what was shown"


def test_no_solution_without_its_note(student: Student, folder: Path) -> None:
    student.run(hint_cell())
    student.press("Check")
    (folder / "hints.json").unlink()
    (folder / "hints.json").mkdir()
    for number in range(3):
        student.press("Hint (1 of 3)")
        assert "could not be noted" in student.said(), number
    student.press("Solution")
    assert "after all 3 hints" in student.said()


def test_in_a_class_the_teacher_hands_the_solutions_out(student: Student, folder: Path) -> None:
    path = folder / "exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kubelab.solutions = "teacher"
    nbformat.write(notebook, path)
    (folder / "hints.json").write_text(json.dumps({TASK: 3}))
    student.run(hint_cell())
    student.press("Solution")
    assert "In your class, the teacher hands out the solutions" in student.said()
    assert "Yes, show the solution" not in student.buttons()
    (folder / "solutions.json").write_text(json.dumps({TASK: ["sees = 'the teacher knows'"]}))
    student.press("Solution")
    student.press("Yes, show the solution")
    assert "    sees = 'the teacher knows'" in student.display


def test_a_cell_that_runs_again_has_new_buttons_and_the_old_ones_are_gone(
    student: Student, folder: Path
) -> None:
    student.run(hint_cell())
    old = student.buttons()["Hint (1 of 3)"]
    widgets = len(student.widgets)
    for _ in range(20):
        student.run(hint_cell())
    assert len(student.widgets) == widgets
    assert student.buttons()["Hint (1 of 3)"] != old
    student.hear(student.send(old))
    assert not (folder / "hints.json").exists()


def test_presses_wait_for_the_cell_that_runs_and_many_count_as_one(
    student: Student, folder: Path
) -> None:
    student.run(hint_cell())
    assert "waits until that has ended" in student.said()
    comm = student.buttons()["Hint (1 of 3)"]
    time.sleep(buttons.TOGETHER)
    student.run("open('go', 'w').close(); import time; time.sleep(1)", wait=False)
    for _ in range(3):
        last = student.send(comm)
    assert not (folder / "hints.json").exists()
    student.hear(last)
    assert (folder / "go").exists()
    assert kept(folder)[TASK]["hints"] == 1


@pytest.mark.parametrize("folder", ["zh"], indirect=True)
def test_in_chinese(student: Student) -> None:
    student.run(hint_cell())
    texts = " ".join(student.buttons())
    assert texts.isascii() is False
    student.press(next(iter(student.buttons())))
    student.press(next(text for text in student.buttons() if "1" not in text and "检查" in text))
    assert "✘" in student.display
    assert not any(word in student.said() for word in ("points", "Hint", "button"))


def test_without_a_person_the_cell_says_what_it_said(folder: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell(BEGIN.format(lang="en")),
        nbformat.v4.new_code_cell(hint_cell()),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    client = NotebookClient(
        notebook, resources={"metadata": {"path": str(folder)}}, kernel_name="python3"
    )
    client.execute(env=environment)
    (output,) = notebook.cells[1].outputs
    assert output["data"]["text/markdown"].startswith("There are 3 hints. Run this cell")
    assert not (folder / "hints.json").exists()
