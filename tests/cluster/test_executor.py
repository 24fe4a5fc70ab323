"""How containers run on this machine."""

from __future__ import annotations

import os

import pytest

from tests.cluster.kube import Kube, once


def test_containers_run_on_the_executor_that_this_machine_leaves(kube: Kube) -> None:
    expected = os.environ.get("KUBELAB_EXPECTED_EXECUTOR")
    if not expected:
        pytest.skip("KUBELAB_EXPECTED_EXECUTOR does not say which one it has to be")
    kube.apply(once("traced", "grep TracerPid /proc/self/status"))
    kube.ended("traced")
    tracer = int(kube.logs("traced").split()[1])
    # PRoot is a tracer; bwrap leaves its container alone.
    assert (tracer != 0) == (expected == "proot")
