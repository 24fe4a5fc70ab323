"""A live view says that the cluster was lost, and goes on by itself when it is there again."""

from __future__ import annotations

import os
import signal

import pytest

from course.bench.kernel import running
from tests.cluster.kube import pod, shell
from tests.faults.conftest import Victim

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_map_is_reconnecting_while_the_api_is_down_and_then_live_again(victim: Victim) -> None:
    with running(victim.cluster.env()) as kernel:
        ran = kernel.run("from course.views import ClusterMap; ClusterMap('default')", cell="a")
        assert not ran.error, ran.error
        killed = victim.pid("apiserver")
        os.kill(killed, signal.SIGKILL)
        assert kernel.until_state("mood", "reconnecting")
        assert kernel.until_state("mood", "live")
        victim.recovers(killed)
        victim.kube.apply(pod("late", shell("exec sleep 3600")))
        kernel.until_state("picture", "late: Running")
        victim.kube.run("delete", "pod", "late", "--now")
