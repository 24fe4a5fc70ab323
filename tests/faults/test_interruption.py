"""Ctrl-C, SIGTERM and a closed terminal at any moment of `lab start` and `lab up` leave nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from course import locks
from course.cluster import embedded
from course.cluster.base import Spec
from course.cluster.state import State
from tests.faults import traces
from tests.faults.moments import Started

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]

START = ("start", "--no-browser", "--port", "0")
ENDED = (0, 130, -signal.SIGINT)
"""Exit codes of an end that a person asked for: when all was up, while it started, and before or after that."""


def nothing_left(state: Path, k: int) -> None:
    traces.gone(state, k)
    folder = State("kubelab").folder
    left = [f.name for f in folder.iterdir()] if folder.is_dir() else []
    assert left in ([], ["logs"]), "the state was not removed"


@pytest.mark.parametrize("moment", ["spec", "keeper", "apiserver", "jupyter", "address"])
def test_ctrl_c_of_start(own_state: Path, moment: str) -> None:
    with Started(*START) as start:
        start.reaches(moment)
        k = traces.network_of()
        start.interrupt()
        start.ends(*ENDED)
    nothing_left(own_state, k)
    assert "Traceback" not in start.said


@pytest.mark.parametrize("moment", ["spec", "ready"])
def test_sigterm_of_start(own_state: Path, moment: str) -> None:
    with Started(*START) as start:
        start.reaches(moment)
        k = traces.network_of()
        start.child.send_signal(signal.SIGTERM)
        start.ends(*ENDED)
    nothing_left(own_state, k)
    assert "Traceback" not in start.said


@pytest.mark.parametrize("moment", ["net", "address"])
def test_an_impatient_ctrl_c_does_not_stop_the_cleaning_up(own_state: Path, moment: str) -> None:
    with Started(*START) as start:
        start.reaches(moment)
        k = traces.network_of()
        while start.child.poll() is None:
            start.interrupt()
            time.sleep(0.1)  # as fast as a person can
        start.ends(*ENDED)
    nothing_left(own_state, k)
    assert "Traceback" not in start.said


@pytest.mark.parametrize("moment", ["spec", "keeper", "apiserver"])
def test_ctrl_c_of_up(own_state: Path, moment: str) -> None:
    with Started("up") as up:
        up.reaches(moment)
        k = traces.network_of()
        up.interrupt()
        up.ends(*ENDED)
    nothing_left(own_state, k)
    assert "Traceback" not in up.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_end_up(own_state: Path, number: signal.Signals) -> None:
    with Started("up") as up:
        up.reaches("keeper")
        k = traces.network_of()
        up.interrupt(number)
        up.ends(130)
    nothing_left(own_state, k)
    assert "Traceback" not in up.said


def test_ctrl_c_just_as_the_keeper_is_up(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = locks.held

    @contextmanager
    def interrupted_at_its_end(*arguments: Any) -> Iterator[None]:
        with held(*arguments):
            yield
        monkeypatch.setattr(locks, "held", held)
        raise KeyboardInterrupt  # as a signal's handler does, at a moment that no test can hit

    monkeypatch.setattr(locks, "held", interrupted_at_its_end)
    with pytest.raises(KeyboardInterrupt):
        embedded.start(Spec("kubelab"))
    nothing_left(own_state, 0)


def test_ctrl_c_of_start_on_a_cluster_that_ran_before_leaves_that_one_running(
    own_state: Path,
) -> None:
    with Started("up") as up:
        up.ends(0, within=60)
    with Started(*START) as start:
        start.reaches("jupyter")
        start.interrupt()
        start.ends(*ENDED)
    assert "Traceback" not in start.said
    with Started("status") as status:
        status.ends(0)
    with Started("down") as down:
        down.ends(0)
    traces.gone(own_state)
