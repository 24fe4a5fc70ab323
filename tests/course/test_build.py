"""The notebooks that are committed are what their sources make, and hold nothing that they must not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course import build, sources, wrong
from course.content import LESSONS
from course.errors import ContentError
from grader import samples
from tests.course import shows

SEED_COMMANDS = [
    "kubectl run mynginx --image=nginx",
    "kubectl get pod",
    "kubectl describe pod mynginx",
    "kubectl logs mynginx",
    "kubectl get pod -o wide",
    "curl",
    "kubectl exec mynginx",
    "--watch",
    "--rm",
    "kubectl delete pod mynginx",
    "kubectl delete pod mynginx --force",
]


def test_the_committed_notebooks_equal_their_sources() -> None:
    assert [line for lang in build.LANGUAGES for line in build.check(lang)] == []


def test_the_committed_samples_equal_their_exercise() -> None:
    assert samples.check() == []


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in build.build(folder=tmp_path / "a")]
    second = [path.read_bytes() for path in build.build(folder=tmp_path / "b")]
    assert first == second


def test_a_changed_missing_or_stray_notebook_is_found(tmp_path: Path) -> None:
    lesson, exercise, *_others = build.build(folder=tmp_path)
    assert build.check(folder=tmp_path) == []
    lesson.write_text(lesson.read_text().replace("Pod", "pod", 1))
    exercise.unlink()
    (tmp_path / "en" / "stray.ipynb").write_text("{}")
    said = "\n".join(build.check(folder=tmp_path))
    for words in (
        "lesson.ipynb is not what",
        "exercise.ipynb is missing",
        "stray.ipynb has no source",
    ):
        assert words in said


@pytest.mark.parametrize("lang", build.LANGUAGES)
@pytest.mark.parametrize("source", build.sources(), ids=lambda one: f"{one.lesson}-{one.name}")
def test_a_notebook_holds_no_outputs_no_answers_and_no_pairing(
    source: build.Source, lang: str
) -> None:
    text = source.notebook(lang).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert "jupytext" not in notebook.metadata
    for mark in ("BEGIN SOLUTION", "HIDDEN TESTS", "Trouble.of"):
        assert mark not in text


@pytest.mark.parametrize("source", build.sources(), ids=lambda one: f"{one.lesson}-{one.name}")
def test_languages_differ_in_words_alone(source: build.Source) -> None:
    english, *others = [build.read(source, lang) for lang in build.LANGUAGES]
    for other in others:
        assert [(c.id, c.cell_type, c.metadata) for c in other.cells] == [
            (c.id, c.cell_type, c.metadata) for c in english.cells
        ]
        assert build.answers(other) == build.answers(english)
        for ours, theirs in zip(other.cells, english.cells, strict=True):
            if ours.cell_type == "code":
                assert shape(ours.source) == shape(theirs.source), ours.id


def shape(source: str) -> str:
    """A cell's code without the words in it."""
    return re.sub(r'"[^"\n]*"', '""', source)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_student_view_is_what_nbgrader_itself_makes(lesson: str, tmp_path: Path) -> None:
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from grader.config import for_folder, nbgraders_needs

    build.nbgrader_source(tmp_path / "source")
    settings = for_folder(tmp_path, {})
    with nbgraders_needs():
        done = NbGraderAPI(CourseDirectory(config=settings), config=settings).generate_assignment(
            lesson
        )
    assert done["success"], done
    theirs = nbformat.read(tmp_path / "release" / lesson / "exercise.ipynb", as_version=4)
    ours = nbformat.read(build.exercise(lesson).notebook("en"), as_version=4)
    assert [dict(cell) for cell in theirs.cells] == [dict(cell) for cell in ours.cells]


def test_the_lesson_runs_every_command_of_the_material_in_its_order() -> None:
    (lesson,) = [one for one in build.sources("pods") if not one.is_exercise]
    live = "\n".join(c.source for c in build.read(lesson).cells if c.cell_type == "code")
    place = 0
    for command in SEED_COMMANDS:
        found = live.find(command, place)
        assert found >= 0, f"{command} is not run, or not in its place"
        place = found


def test_the_lesson_waits_and_never_sleeps() -> None:
    (lesson,) = [one for one in build.sources("pods") if not one.is_exercise]
    for cell in build.read(lesson).cells:
        if cell.cell_type == "code" and not cell.source.startswith("%%apply"):
            assert not re.search(r"\bsleep\b", cell.source), cell.id


def _source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> build.Source:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "lesson.py").write_text(text)
    monkeypatch.setattr(sources, "CONTENT", tmp_path)
    return build.Source("x", "lesson")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# %%\n1\n", "no usable id"),
        ('# %% id="a b"\n1\n', "no usable id"),
        ('# %% id="a"\n1\n\n# %% id="a"\n2\n', "the cell id a is there 2 times"),
        (
            '# %% id="a" nbgrader={"grade_id": "b", "schema_version": 3}\n1\n',
            "has the id a and the grade_id b",
        ),
    ],
)
def test_a_source_with_unstable_ids_is_refused(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ContentError, match=said):
        build.read(_source(tmp_path, monkeypatch, text))


def test_a_language_or_lesson_that_is_not_there_is_said() -> None:
    with pytest.raises(ContentError, match="no course in xx"):
        build.read(build.exercise("pods"), "xx")
    with pytest.raises(ContentError, match="no lesson tea"):
        build.exercise("tea")


@pytest.mark.parametrize("lesson", LESSONS)
def test_wrong_answers_name_cells_that_exist(lesson: str) -> None:
    notebook = build.read(build.exercise(lesson))
    tests = {cell.id: cell.metadata.nbgrader.points for cell in notebook.cells if _is_test(cell)}
    known = build.answers(notebook)
    assert len(wrong.names(lesson)) >= 3
    for name in wrong.names(lesson):
        one = wrong.load(lesson, name)
        assert set(one.answers) <= set(known), name
        for lang in build.LANGUAGES:
            assert set(one.points) | set(one.words_in(lang)) <= set(tests), name
        assert all(points < tests[test] for test, points in one.points.items() if name != "half"), (
            name
        )


def _is_test(cell: Any) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def test_grading_parameters_are_parameters_of_the_exercise() -> None:
    notebook = build.read(build.exercise("pods"))
    (parameters,) = [
        cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])
    ]
    for name in build.grading_parameters("pods"):
        assert re.search(rf"^{name} = ", parameters.source, re.MULTILINE), name


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_a_lesson_must_show_is_said_of_cells_that_exist(lesson: str) -> None:
    for source in build.sources(lesson):
        if not source.is_exercise:
            code = {cell.id for cell in build.read(source).cells if cell.cell_type == "code"}
            assert shows.cells(lesson) <= code
            assert shows.cells(lesson)
