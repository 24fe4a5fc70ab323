"""The syllabus and the table of the material: taken from the content, whole, and true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from course import build, material, outline, syllabus
from course.content import LESSONS
from course.errors import ContentError
from course.language import SOURCE

LESSON = LESSONS[0]


def test_every_item_of_the_material_is_taught_and_every_place_is_there() -> None:
    assert material.faults() == []
    pages = {one for one in LESSONS if not all(s.is_exercise for s in build.sources(one))}
    assert {
        item.lesson for item in material.table()
    } == pages  # a project teaches nothing of its own


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("lang", build.LANGUAGES)
def test_a_lesson_says_its_aims_its_time_and_the_points_of_its_tasks(
    lesson: str, lang: str
) -> None:
    one = outline.outline(lesson, lang)
    assert len(one.aims) >= 3
    assert 30 <= one.minutes <= 120
    exercise = build.read(build.exercise(lesson), lang)
    headings = [
        line
        for cell in exercise.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if re.match(r"## *\d", line)
    ]
    assert len(headings) == len(one.tasks)
    for number, (line, task) in enumerate(zip(headings, one.tasks, strict=True), 1):
        assert task.title in line
        numbers = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", line)]
        assert (numbers[0], numbers[-1]) == (number, task.points), line


@pytest.mark.parametrize("lang", build.LANGUAGES)
def test_the_page_holds_every_aim_task_and_item(lang: str) -> None:
    page = syllabus.page(lang)
    for lesson in LESSONS:
        one = outline.outline(lesson, lang)
        for words in (*one.aims, *(f"`{task.id}` | {task.points:g} |" for task in one.tasks)):
            assert words in page
    for item in material.table():
        assert (item.what in page) == (lang == SOURCE)


@pytest.mark.parametrize("lang", build.LANGUAGES)
def test_the_committed_page_is_what_the_content_makes(lang: str) -> None:
    assert syllabus.check(lang) == []


def test_the_tasks_of_languages_are_the_same() -> None:
    for lesson in LESSONS:
        every = [outline.outline(lesson, lang).tasks for lang in build.LANGUAGES]
        assert len({tuple((task.id, task.points) for task in tasks) for tasks in every}) == 1


def test_the_command_prints_the_page_and_writes_it(lab: Any, tmp_path: Path) -> None:
    said = lab("syllabus")
    assert said.returncode == 0, said.stderr
    assert said.stdout == syllabus.page()
    assert lab("syllabus", "--output", str(tmp_path / "page.md")).returncode == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == syllabus.page()


def test_the_command_counts_the_items(lab: Any) -> None:
    said = lab("syllabus", "--material")
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip() == syllabus.material_table()
    assert f"{len(material.table())} items, 0 open" in said.stderr


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The material.toml of a lesson whose notebooks are the real ones."""
    monkeypatch.setattr(material, "FOLDER", tmp_path)
    monkeypatch.setattr(material, "LESSONS", (LESSON,))
    path = tmp_path / LESSON / "material.toml"
    path.parent.mkdir()
    return path


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("", "is open"),
        ("cells = []\ntasks = []", "is open"),
        ('cells = ["pods-nowhere"]', "there is no cell pods-nowhere"),
        ('tasks = ["hello-test"]', "there is no task hello-test"),
    ],
)
def test_an_open_item_or_a_wrong_place_is_a_fault(changed: Path, row: str, said: str) -> None:
    changed.write_text(f'[[item]]\nwhat = "a Pod"\n{row}\n')
    (line,) = material.faults()
    assert said in line
    assert "a Pod" in line
    assert syllabus.show("en", None, only_material=True) == 1


@pytest.mark.parametrize("text", ["", "[[item", '[[item]]\nwhat = "x"\nwhere = "y"', "[[item]]"])
def test_a_file_that_is_not_as_it_must_be_is_said(changed: Path, text: str) -> None:
    changed.write_text(text)
    with pytest.raises(ContentError, match=f"{LESSON}/material.toml"):
        material.table()
