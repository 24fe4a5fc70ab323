"""kill -9 of each process of a running cluster: it is whole again, and nobody else notices."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults import traces
from tests.faults.conftest import RECOVERY, Victim

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.mark.parametrize(
    "name",
    ["net", "etcd", "apiserver", "controller-manager", "scheduler", "registry", "kubelet-0"],
)
def test_containers_outlive_the_death_of(name: str, victim: Victim) -> None:
    container, pid = victim.container_id("web"), victim.pid(name)
    os.kill(pid, signal.SIGKILL)
    victim.recovers(pid)
    assert victim.pid(name) != pid
    assert victim.container_id("web") == container


def test_pods_are_made_again_after_the_death_of_their_runtime(victim: Victim) -> None:
    container, pid = victim.container_id("web"), victim.pid("runtime-0")
    os.kill(pid, signal.SIGKILL)
    traces.until(lambda: victim.ready_id("web") not in ("", container), RECOVERY, "made again")
    victim.recovers(pid)
