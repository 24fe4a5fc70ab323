"""What is handed in to test an exercise: the solution, nothing, and wrong answers, as few as will do.

Wrong answers to different tasks go into one submission: each test cell then has one answer that it must
refuse. One that touches several tasks keeps a submission for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from nbformat import NotebookNode

from course import build, wrong
from course.language import LANGUAGES, SOURCE
from course.wrong import Wrong
from tests.support import thorough

SOLUTION, STUB = "solution", "stub"


@dataclass
class HandIn:
    """One submission.

    Attributes:
        name: its student.
        wrongs: the wrong answers in it; all other cells hold the solution.
        empty: nothing was answered.
    """

    name: str
    wrongs: list[Wrong] = field(default_factory=list)
    empty: bool = False

    def notebook(self, lesson: str, lang: str) -> NotebookNode:
        """What the student handed in."""
        exercise = build.exercise(lesson)
        given = {} if self.empty else build.solution(exercise, lang)
        for one in self.wrongs:
            given |= one.answers
        return build.handed_in(exercise, given, lang)

    def points(self, lesson: str) -> dict[str, float]:
        """What each test cell must give."""
        most = full(lesson)
        if self.empty:
            return dict.fromkeys(most, 0.0)
        for one in self.wrongs:
            most = most | one.points
        return most


@cache
def full(lesson: str) -> dict[str, float]:
    """The points of each test cell."""
    return {
        cell.id: float(cell.metadata.nbgrader.points)
        for cell in build.read(build.exercise(lesson)).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


@cache
def _test_of(lesson: str) -> dict[str, str]:
    """The test cell of each answer cell: the next one below it."""
    found, waiting = {}, []
    for cell in build.read(build.exercise(lesson)).cells:
        if build.is_answer(cell):
            waiting.append(cell.id)
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            found.update(dict.fromkeys(waiting, cell.id))
            waiting = []
    return found


def tests_of(one: Wrong) -> set[str]:
    """The test cells that a wrong answer concerns."""
    touched = {_test_of(one.lesson)[cell] for cell in one.answers if cell in _test_of(one.lesson)}
    return touched | set(one.points) | set(one.words_in("en"))


def languages(name: str) -> list[str]:
    """Those in which it is graded. That a translation holds, the solution and the stub show; the rest takes long."""
    return list(LANGUAGES) if thorough() or name in (SOLUTION, STUB) else [SOURCE]


def names(lesson: str) -> list[str]:
    """What is tested of a lesson's exercise; a thorough run tests all.

    Wrong answers that cost points of several tests take a submission each: a usual run takes one of each kind.
    """
    tried: set[frozenset[str]] = set()
    chosen = []
    for name in wrong.names(lesson):
        tests = frozenset(wrong.load(lesson, name).points)
        if thorough() or len(tests) == 1 or tests not in tried:
            chosen.append(name)
            tried.add(tests)
    return [SOLUTION, STUB, *chosen]


def hand_ins(lesson: str, chosen: Iterable[str]) -> Iterator[HandIn]:
    """The submissions that hold what was chosen."""
    chosen = set(chosen)
    if SOLUTION in chosen:
        yield HandIn(SOLUTION)
    if STUB in chosen:
        yield HandIn(STUB, empty=True)
    together: list[HandIn] = []
    for name in (one for one in wrong.names(lesson) if one in chosen):
        one = wrong.load(lesson, name)
        tests = tests_of(one)
        if len(tests) > 1:
            yield HandIn(name, [one])
            continue
        free = (h for h in together if not any(tests & tests_of(other) for other in h.wrongs))
        place = next(free, None)
        if place is None:
            place = HandIn(f"wrong-{len(together) + 1}")
            together.append(place)
        place.wrongs.append(one)
    yield from together
