"""A run that is killed goes on from where it was; a fault of ours is tried again and never a zero."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course import locks, paths, processes
from course.errors import IsolationError, LabError
from grader import Outcome, grade_folder
from grader.isolation import sandbox
from grader.limits import Limits
from tests.grader import plain

pytestmark = pytest.mark.usefixtures("walls")

LIMITS = Limits(cell=10)
WORDS = ("pod", "dop", "pods", "nod", "pod")


def class_of(folder: Path) -> Path:
    """A course folder with five submissions."""
    plain.write_source(folder)
    for number, word in enumerate(WORDS):
        notebook = plain.submission({**plain.GOOD, "word": f"word = {word!r}"})
        plain.hand_in(folder, f"student-{number}", notebook)
    return folder


def gradebook(folder: Path) -> dict[str, object]:
    """What the gradebook holds, cell by cell."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        return {
            f"{submission.student.id} {grade.name}": grade.auto_score
            for submission in book.assignment_submissions(plain.ASSIGNMENT)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = class_of(tmp_path_factory.mktemp("undisturbed"))
    grade_folder(folder, jobs=2, cluster="")
    return gradebook(folder)


def run(folder: Path) -> subprocess.Popen[str]:
    """`lab grade`, as a process that can be killed."""
    command = [sys.executable, "-m", "course", "grade", "--jobs", "2", "--no-cluster", str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=paths.ROOT)


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_run_resumes_with_nothing_twice_and_nothing_lost(
    tmp_path: Path, undisturbed: dict[str, object], after: int
) -> None:
    folder = class_of(tmp_path)
    with run(folder) as first:
        lines = iter(first.stderr or ())
        for _ in range(after):
            assert " of 5: " in next(line for line in lines if " of 5: " in line)
        below = processes.tree(first.pid)
        first.send_signal(signal.SIGKILL)
    assert all(process.wait(5) for process in below), "the sandboxes outlived the run"
    executed = {
        p.name: p.stat().st_mtime_ns for p in (folder / ".kubelab/executed/plain").iterdir()
    }
    with run(folder) as second:
        second.communicate()
    assert second.returncode == 0
    assert gradebook(folder) == undisturbed
    for name, changed in executed.items():
        if name.endswith(".json"):
            now = (folder / ".kubelab/executed/plain" / name).stat().st_mtime_ns
            assert now == changed, f"{name} was executed twice"


def test_only_what_is_new_or_has_changed_is_graded(tmp_path: Path) -> None:
    folder = class_of(tmp_path)
    grade_folder(folder, jobs=2, cluster="", limits=LIMITS)
    times = {p.name: p.stat().st_mtime_ns for p in (folder / ".kubelab/executed/plain").iterdir()}
    plain.hand_in(folder, "student-1", plain.submission(plain.GOOD))
    results = grade_folder(folder, jobs=2, cluster="", limits=LIMITS)
    assert [result.score for result in results] == [6, 6, 4, 4, 6]
    changed = {
        p.name
        for p in (folder / ".kubelab/executed/plain").iterdir()
        if p.stat().st_mtime_ns != times[p.name]
    }
    assert changed == {"student-1.json"}


def test_a_fault_of_ours_is_tried_three_times_and_records_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_of(tmp_path)
    shutil.rmtree(folder / "submitted" / "student-1")
    tries = tmp_path / "tries"
    script = f"echo >> {tries}; echo the machine is on fire >&2; exit 1"
    monkeypatch.setattr(sandbox.Sandbox, "argv", lambda *_: ["/bin/sh", "-c", script])
    results = grade_folder(folder, cluster="")
    assert {(r.score, r.outcome, r.attempts) for r in results} == {(None, Outcome.NOT_GRADABLE, 3)}
    assert "the machine is on fire" in results[0].reasons[0].text
    assert tries.read_text() == "\n" * 3 * len(results)
    monkeypatch.undo()
    assert [r.score for r in grade_folder(folder, cluster="")] == [6, 4, 4, 6]


def test_without_user_namespaces_it_refuses_until_it_is_told_to_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_of(tmp_path)
    monkeypatch.setattr(sandbox, "missing", lambda: "No permissions to create a new namespace")
    with pytest.raises(IsolationError, match=r"No permissions.*\n?.*--isolation none"):
        grade_folder(folder, cluster="")
    results = grade_folder(folder, cluster="", isolation="none", jobs=2)
    assert {result.isolation for result in results} == {"none"}
    assert [result.score for result in results] == [6, 4, 4, 4, 6]


def test_two_runs_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    folder = class_of(tmp_path)
    (folder / ".kubelab").mkdir()
    with (
        locks.held(folder / ".kubelab" / "lock", 1, "a test"),
        pytest.raises(LabError, match="grading"),
    ):
        grade_folder(folder, cluster="")


def test_a_run_that_is_interrupted_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with run(class_of(tmp_path)) as first:
        next(line for line in first.stderr or () if " of 5: " in line)
        below = processes.tree(first.pid)
        first.send_signal(signal.SIGINT)
        first.communicate()
    assert first.returncode == 130
    assert all(process.wait(5) for process in below)


def test_each_result_says_under_which_isolation_it_was_made(tmp_path: Path) -> None:
    folder = class_of(tmp_path)
    with run(folder) as whole:
        whole.communicate()
    data = json.loads((folder / "reports" / "results.json").read_text())
    assert {one["isolation"] for one in data["results"]} == {"sandbox"}
    assert (folder / "reports" / "report.html").stat().st_size > 1000
