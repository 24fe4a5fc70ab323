"""Each exercise on a real cluster: the solution scores full, the stub nothing, wrong answers what they must.

In every language, and with the same points in each; wrong answers in English alone, unless the run is a thorough one.
Wrong answers are merged (`handins`); chosen by its own id, one is graded alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course import build
from course.content import LESSONS
from course.language import LANGUAGES
from grader import Outcome, Result, grade_folder
from grader.limits import Limits
from tests.course import handins, losses
from tests.course.handins import SOLUTION, STUB, HandIn
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

# On a busy machine, too: what an exercise may take is `lab grade`'s matter.
LIMITS = Limits(cell=120, submission=1800)

Case = tuple[str, str, str]
CASES: list[Case] = [
    (lesson, name, lang)
    for lesson in LESSONS
    for name in handins.names(lesson)
    for lang in handins.languages(name)
]


@dataclass(frozen=True)
class Graded:
    """A submission and what came of it."""

    hand_in: HandIn
    result: Result
    points: dict[str, float]

    def said(self, cell: str = "") -> str:
        """Why points were lost, at one cell or at all."""
        reasons = [one for one in self.result.reasons if cell in ("", one.cell)]
        return "\n".join(one.text if cell else f"{one.cell}: {one.text}" for one in reasons)


def by_cell(folder: Path, result: Result) -> dict[str, float]:
    """The points of each test cell, as the gradebook has them."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        submission = book.find_submission(result.assignment, result.student)
        return {
            grade.name: grade.score
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def chosen(session: pytest.Session) -> set[Case]:
    """The cases that this run is about."""
    found: set[Case] = set()
    for item in session.items:
        if isinstance(item, pytest.Function) and item.module.__name__ == __name__:
            given = item.callspec.params
            lesson, lang = given["lesson"], given.get("lang")
            found |= {
                case
                for case in CASES
                if case[0] == lesson
                and case[1] == given.get("name", case[1])
                and case[2] == (lang or case[2])
            }
    return found


@pytest.fixture(scope="module")
def graded(
    walls: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[Case, Graded]:
    """All cases, graded in one run as a class's submissions are."""
    folder, wanted = tmp_path_factory.mktemp("course"), chosen(request.session)
    given: dict[tuple[str, str], tuple[str, HandIn]] = {}
    for lesson in LESSONS:
        for lang in LANGUAGES:
            names = [name for one, name, tongue in wanted if (one, tongue) == (lesson, lang)]
            for one in handins.hand_ins(lesson, names):
                student = f"{one.name}-{lang}"
                path = folder / "submitted" / student / lesson / "exercise.ipynb"
                build.write(one.notebook(lesson, lang), path)
                given[lesson, student] = (lang, one)
    found: dict[Case, Graded] = {}
    jobs = min(3, 1 + len(given) // 8)  # a cluster's start is worth it for a few
    for result in grade_folder(folder, jobs=jobs, limits=LIMITS):
        lang, one = given[result.assignment, result.student]
        graded = Graded(one, result, by_cell(folder, result))
        for name in [wrong.name for wrong in one.wrongs] or [one.name]:
            found[result.assignment, name, lang] = graded
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("lesson", "name", "lang"), CASES, ids=lambda part: part)
def test_an_answer_earns_what_it_must_and_hears_why(
    lesson: str, name: str, lang: str, graded: dict[Case, Graded], tell: Tell
) -> None:
    it = graded[lesson, name, lang]
    (one,) = [wrong for wrong in it.hand_in.wrongs if wrong.name == name] or [None]
    others = {test for wrong in it.hand_in.wrongs if wrong is not one for test in wrong.points}
    wanted = {
        test: points for test, points in it.hand_in.points(lesson).items() if test not in others
    }
    what = f"{lesson}/wrong/{name}.toml: {one.about}" if one else f"{lesson}: the {name}"
    again = f'./lab test "{Path(__file__).relative_to(build.ROOT)}::{_node(lesson, name, lang)}"'
    about = f"\n{what}\nIt was told, in {lang}:\n{it.said()}\nAgain, and only this: {again}"
    assert it.result.outcome is Outcome.SCORED, about
    wrong = list(losses.lines(it.result, it.points, wanted))
    for line in wrong:
        tell(line)
    assert not wrong, "\n".join(["", *wrong, what, f"Again, and only this: {again}"])
    for cell, words in (one.words_in(lang) if one else {}).items():
        for word in words:
            assert word in it.said(cell), about


def _node(lesson: str, name: str, lang: str) -> str:
    return f"{test_an_answer_earns_what_it_must_and_hears_why.__name__}[{lesson}-{name}-{lang}]"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lesson", LESSONS)
def test_all_languages_score_the_same(lesson: str, graded: dict[Case, Graded]) -> None:
    for name in handins.names(lesson):
        spoken = handins.languages(name)
        english, *others = [graded[lesson, name, lang].points for lang in spoken]
        assert all(points == english for points in others), name


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_has_all_points_and_the_stub_none(
    lesson: str, graded: dict[Case, Graded]
) -> None:
    for lang in LANGUAGES:
        assert graded[lesson, SOLUTION, lang].points == handins.full(lesson)
        assert sum(graded[lesson, STUB, lang].points.values()) == 0
