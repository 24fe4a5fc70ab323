"""`./lab grade grader/samples`: three submissions, three scores, in two sandboxes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course import build, wrong
from grader import Outcome, grade_folder, samples
from grader.results import table
from tests.course import handins, losses
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("walls")]


@pytest.mark.timeout(600)
def test_the_three_samples_get_their_three_scores(tmp_path: Path, tell: Tell) -> None:
    folder = tmp_path / "course"
    shutil.copytree(samples.FOLDER / "submitted", folder / "submitted")
    results = {result.student: result for result in grade_folder(folder, jobs=2)}
    full, done = handins.full("pods"), wrong.load("pods", "half").points
    half = {
        **dict.fromkeys(full, 0.0),
        **done,
        **dict.fromkeys(("sees-test", "last_words-test", "menu-test"), 2.0),
    }
    why = []
    for name, wanted in (("half", half), ("right", full)):
        points = {item.cell: item.score for item in results[name].items}
        why += [f"{name}: {line}" for line in losses.lines(results[name], points, wanted)]
    for line in why:
        tell(line)
    scores = {name: result.score for name, result in results.items()}
    assert scores == {"empty": 0, "half": 11.5, "right": 23}, "\n".join(why)
    assert {result.outcome for result in results.values()} == {Outcome.SCORED}
    assert {result.isolation for result in results.values()} == {"sandbox"}
    assert results["right"].reasons == ()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for name, result in results.items():
            assert book.find_submission("pods", name).score == result.score
    assert len(table(list(results.values())).rows) == 3


@pytest.mark.timeout(600)
def test_an_answer_that_is_copied_from_the_screen_does_not_pass(tmp_path: Path) -> None:
    exercise = build.exercise("pods")
    typed = {
        "hello": "%kubectl run hello --image=nginx:1.22 --labels=tier=frontend -n {namespace}",
        "culprit": "from course.checks import Trouble\n"
        "t = Trouble.of(seed)\nculprit = {'name': t.failing, 'exit_code': t.exit_code}",
    }
    path = tmp_path / "submitted" / "ada" / "pods" / f"{exercise.name}.ipynb"
    build.write(build.handed_in(exercise, typed), path)
    (result,) = grade_folder(tmp_path)
    assert result.outcome is Outcome.SCORED
    points = {item.cell: item.score for item in result.items}
    assert points["hello-test"] == 0
    assert (
        points["culprit-test"] <= 0.75
    )  # by chance the name is right, but not the exit code as well
