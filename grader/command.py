"""`./lab grade FOLDER`: a cluster of grading's own, a line a submission, a table, an exit code."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.folder import grade_folder, submissions
from grader.results import Outcome, Result, table
from grader.surroundings import ClusterAccess


def run(folder: Path) -> int:
    """Grade FOLDER/submitted/STUDENT/ASSIGNMENT/*.ipynb and print the table.

    Returns:
        the exit code: 0 where every submission got its score, 1 where one was not gradable.

    Raises:
        course.errors.LabError: there is nothing to grade, or no cluster to be had.
    """
    from rich.console import Console

    count = len(submissions(folder))
    if not count:
        grade_folder(folder)  # says what is missing
    done = 0

    def show(result: Result) -> None:
        nonlocal done
        done += 1
        score = "–" if result.score is None else f"{result.score:g}"
        line = f"[{done}/{count}] {result.student}, {result.assignment}: {score} of {result.max_score:g}"
        print(f"{line} ({result.outcome}, {result.seconds:.1f} s)", file=sys.stderr)

    with _cluster() as cluster:
        results = grade_folder(folder, cluster=cluster, on_result=show)
    Console().print(table(results))
    print(f"nbgrader's gradebook is {folder / 'gradebook.db'}.")
    return 1 if any(result.outcome is Outcome.NOT_GRADABLE for result in results) else 0


@contextmanager
def _cluster() -> Iterator[ClusterAccess]:
    """A cluster for this run alone: neither the teacher's nor a student's is touched."""
    from course import launching

    cluster, _ = launching.start(f"grade-{uuid.uuid4().hex[:8]}", 1, with_caller=True)
    try:
        yield cluster
    finally:
        cluster.delete()
        shutil.rmtree(cluster.kubeconfig.parent, ignore_errors=True)
