"""Hostile and broken submissions: each gets its own result, and nobody else's is touched.

A case is a file: tests/hostile/cases/NAME.toml (its form: `tests.hostile.case`). All are graded together,
two at a time, with honest submissions before, among and after them. What an attack achieves it says by
itself (`GAINED:…`, `LEAK:…`), and that it ran to its end (`ATTACKED`): no case passes because it broke.
Nothing hostile runs where the grader has no sandbox, or where a harmless submission sees the machine's
own namespaces.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import Outcome
from tests.hostile import case as cases
from tests.hostile import handin, suite, tiny
from tests.hostile.conftest import Run

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(3600)]

_LARGEST_CELL = 1_500_000
_MOST_OF_A_WORKER_KB = 1_600_000
_LARGEST_FILE = 40_000_000
# What a terminal obeys; a tab and the ends of lines are words.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b]")


@pytest.mark.parametrize("hostile", cases.names())
def test_case(hostile: str, whole_run: Run, request: pytest.FixtureRequest) -> None:
    case = cases.load(hostile)
    if case.open:
        request.applymarker(pytest.mark.xfail(reason=case.open, strict=False))
    graded = whole_run.graded[case.name]
    result = graded.of(case.who, case.assignment)
    told = f"\n{case.about}\n{result}\nAgain: {case.again}"
    reasons = "\n".join(reason.text for reason in result.reasons)
    assert result.outcome in case.outcome, told
    if case.score is not None:
        assert result.score == pytest.approx(case.score), told
    else:
        assert result.score is not None and result.score <= (case.most or 0), told
    for word in case.reason:
        assert word.lower() in reasons.lower(), f"{word!r} is in no reason{told}"
    assert not _CONTROL.search(reasons), f"a reason moves the terminal: {reasons!r}{told}"
    _recorded(graded.folder, case, result.score)
    own = "" if result.notebook is None else handin.shown(suite.executed(result))
    # What a kernel that is ended has printed last is lost at times; its end is the proof.
    lost = case.raw or result.outcome is not Outcome.SCORED
    for word in () if lost else case.says:
        assert word in own, (
            f"{word!r} is not in the outputs: did the attack run?{told}\n{own[-3000:]}"
        )
    for word in (*cases.NEVER, *case.absent):
        found = [line[:500] for line in (own + reasons).split("\\n") if word in line]
        assert not found, f"{found}{told}"
    if result.notebook is not None:
        _small(result.notebook, told)
        theirs = handin.shown(suite.executed(result), graded=False)
        assert tiny.CANARY not in theirs, f"the hidden tests are in the student's outputs{told}"


def _recorded(folder: Path, case: cases.Case, score: float | None) -> None:
    """The gradebook says what the result says, and the points are the teacher's."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        submission = book.find_submission(case.assignment, case.who)
        assert submission.score == score
        assert submission.max_score == max(suite.HONEST[case.assignment].values())


def _small(path: Path, told: str) -> None:
    assert path.stat().st_size < _LARGEST_FILE, told
    for cell in nbformat.read(path, as_version=4).cells:
        size = sum(len(str(output)) for output in cell.get("outputs", []))
        assert size < _LARGEST_CELL, f"{size} bytes of output in {cell.id}{told}"


def test_honest_submissions_are_unharmed(whole_run: Run) -> None:
    for graded in {str(one.folder): one for one in whole_run.graded.values()}.values():
        for assignment in {name for _, name in graded.results}:
            for student, honest in suite.HONEST[assignment].items():
                result = graded.of(student, assignment)
                assert (result.score, str(result.outcome)) == (honest, "scored"), str(result)


def test_every_submission_has_a_result_of_its_own(whole_run: Run) -> None:
    for graded in {str(one.folder): one for one in whole_run.graded.values()}.values():
        there = {
            (path.parent.name, path.name) for path in (graded.folder / "submitted").glob("*/*")
        }
        assert set(graded.results) == there
        assert all(result.isolation == "sandbox" for result in graded.results.values())


def test_nothing_reached_the_machine(whole_run: Run) -> None:
    assert whole_run.knocks == []
    assert whole_run.secret.read_text() == tiny.CANARY


def test_no_message_fills_a_workers_memory(whole_run: Run) -> None:
    most = {str(one.folder): one.worker_kb for one in whole_run.graded.values()}
    assert max(most.values()) < _MOST_OF_A_WORKER_KB, most
    assert min(most.values()) > 0, "no worker was seen"


def test_no_process_and_no_file_is_left(whole_run: Run) -> None:
    assert whole_run.graded
    mark = handin.MARK.encode()
    alive = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if mark in line:
            alive.append(line.replace(bytes(1), b" ").decode(errors="replace"))
    assert alive == []
    homes = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home())
    assert [str(path) for home in homes for path in home.glob(f"*{handin.MARK}*")] == []


def test_no_secret_is_copied_to_where_students_are_answered(whole_run: Run) -> None:
    for graded in {str(one.folder): one for one in whole_run.graded.values()}.values():
        for path in (graded.folder / "autograded").rglob("*"):
            if path.is_file() and path.suffix != ".ipynb":
                assert tiny.CANARY.encode() not in path.read_bytes()[:1_000_000], str(path)
