"""Workers of a run: no more than there is work for."""

from __future__ import annotations

from typing import Any

import pytest

from grader import pool
from grader.execute import ready
from grader.isolation import sandbox
from grader.limits import Limits
from tests.grader import plain


@pytest.mark.parametrize("submissions", [1, 3])
def test_as_many_workers_start_as_have_something_to_do(
    submissions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    class Noted(pool.WorkerProcess):
        def __init__(self, *args: Any, **options: Any) -> None:
            started.append(self)
            super().__init__(*args, **options)

    monkeypatch.setattr(pool, "WorkerProcess", Noted)
    where, notebook = sandbox.prepared(isolated=False), ready(plain.submission(plain.GOOD), {})
    with pool.Pool[int](where, jobs=2, isolated=False, cluster="", limits=Limits()) as workers:
        done = list(workers.run((number, notebook) for number in range(submissions)))
    assert sorted(number for number, _ in done) == list(range(submissions))
    assert all(one.notebook is not None for _, one in done)
    assert len(started) == min(submissions, 2)
