"""The kubelet's garbage collection, once a minute, leaves what people may still ask for."""

from __future__ import annotations

import time

import psutil
import pytest

from course.cluster.embedded import Embedded
from tests.cluster.kube import Kube, pod, shell
from tests.faults import traces

pytestmark = pytest.mark.cluster

EVERY = 60.0
BEFORE, AFTER = 8.0, 16.0
"""So long the container's start lasts before and after the collection is due; a launcher waits for net for 30 s."""


def test_last_words_are_there_while_the_next_container_starts(two: Embedded) -> None:
    # A container that was made and does not run yet was counted among the ended ones, of which one is kept.
    kube = Kube(two.env(), "default", two.shell_argv)
    pids = {component.name: component.pid for component in two.status().components}
    begun = psutil.Process(pids["kubelet-0"]).create_time()
    passed = (time.time() + 2 * BEFORE - begun) // EVERY
    ends = int(begun + (passed + 1) * EVERY - BEFORE)
    script = (
        "[ -e /kept/seen ] && exec sleep 1000; touch /kept/seen; echo I was first; "
        f"while [ $(date +%s) -lt {ends} ]; do sleep 0.2; done; exit 1"
    )
    keeps = shell(script, volumeMounts=[{"name": "kept", "mountPath": "/kept"}])
    kept = [{"name": "kept", "emptyDir": {}}]
    kube.apply(pod("again", keeps, volumes=kept, nodeName="two-control-plane"))
    kube.ready("again")
    time.sleep(max(0.0, ends - time.time()))
    with traces.halted(pids["net"]):  # the next container's launcher waits for it
        time.sleep(BEFORE + AFTER)
    kube.wait("jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/again")
    assert kube.logs("again", "--previous") == "I was first\n"
    kube.run("delete", "pod", "again")
