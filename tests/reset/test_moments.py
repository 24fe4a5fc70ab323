"""A reset in the middle of something: of a pod's start, of its end, and while there is no etcd."""

from __future__ import annotations

import os
import signal
import time

import pytest

from course.errors import ClusterError
from tests.cluster.kube import pod, shell
from tests.faults import traces
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

STUBBORN = "trap '' TERM; sleep 86398 & wait; sleep 86398"


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.6])
def test_while_a_pod_starts(pool: Pool, after: float) -> None:
    starting = pod("starting", {"name": "main", "image": "nginx:1.22", "imagePullPolicy": "Always"})
    pool.kube.apply(starting, pod("other", shell(STUBBORN)))
    time.sleep(after)
    pool.reset()
    time.sleep(0.5)  # what had begun has ended
    assert not pool.cluster.differs_from_baseline()
    pool.runs_nothing()
    pool.kube.apply(starting)
    pool.kube.ready("starting")
    pool.reset()


def test_while_pods_terminate(pool: Pool) -> None:
    slow = pod("slow", shell(STUBBORN), terminationGracePeriodSeconds=300)
    hook = {"preStop": {"exec": {"command": ["sleep", "300"]}}}
    hooked = pod("hooked", shell(STUBBORN, lifecycle=hook), terminationGracePeriodSeconds=300)
    forced = pod("forced", shell(STUBBORN), terminationGracePeriodSeconds=300)
    pool.kube.apply(slow, hooked, forced)
    pool.kube.ready("slow", "hooked", "forced")
    pool.kube.run("delete", "pod", "slow", "hooked", "--wait=false")
    pool.kube.run("delete", "pod", "forced", "--force", "--grace-period=0")
    done = pool.reset()
    assert done.pods == 3
    pool.runs_nothing()
    pool.kube.apply(slow)
    pool.kube.ready("slow")  # long before the first one's grace period is over
    pool.reset()


def test_with_a_namespace_that_is_being_deleted(pool: Pool) -> None:
    for _ in range(3):
        pool.kube.run("create", "namespace", "going")
        pool.kube.run("-n", "going", "create", "configmap", "mine")
        pool.kube.run("delete", "namespace", "going", "--wait=false")
        pool.cluster.reset_to_baseline()
        pool.kube.run("create", "namespace", "going")
        pool.kube.run("-n", "going", "create", "configmap", "mine")
        time.sleep(0.5)
        pool.kube.run("-n", "going", "get", "configmap", "mine")
        pool.reset()


def test_without_a_baseline_or_with_pods_there_is_an_answer(pool: Pool) -> None:
    assert "there is no baseline to compare with" in pool.without_baseline
    pool.kube.apply(pod("there", shell(STUBBORN)))
    with pytest.raises(
        ClusterError, match=r"409 .*a baseline has no pods.*/registry/pods/default/there"
    ):
        pool.cluster.save_baseline()
    pool.reset()
    pool.cluster.save_baseline()


def test_an_etcd_that_hangs_is_named_and_the_next_reset_succeeds(pool: Pool) -> None:
    pool.kube.run("create", "configmap", "mine")
    no_answer = r"500 .*throw it away.*etcd.*did not answer"
    with traces.halted(pool.pid("etcd")):
        began = time.monotonic()
        with pytest.raises(ClusterError, match=no_answer):
            pool.cluster.reset_to_baseline()
    assert time.monotonic() - began < 20  # the keeper gives up after 5
    pool.reset()


def test_an_etcd_that_was_killed_comes_back_for_the_reset(pool: Pool) -> None:
    pool.kube.run("create", "configmap", "mine")
    os.kill(pool.pid("etcd"), signal.SIGKILL)
    traces.until(lambda: succeeds(pool), 20, "a reset succeeds again")
    pool.reset()


def succeeds(pool: Pool) -> bool:
    """Whether a reset does; one that fails names etcd or the API."""
    try:
        pool.cluster.reset_to_baseline()
    except ClusterError as error:
        assert "throw it away" in str(error)
        return False
    return True
