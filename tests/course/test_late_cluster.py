"""What a check waits for when the cluster itself is late: no right answer loses its points by it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.course import scripts

pytestmark = pytest.mark.cluster


def test_a_pod_is_waited_for_longer_while_the_cluster_owes_its_namespace_something(
    cluster: Any,
) -> None:
    """kube-root-ca.crt came late on a busy machine, and the kubelet looks for it ever more seldom."""
    scripts.runner(cluster, f"late-{uuid.uuid4().hex[:6]}")("""
halt("controller-manager", 9)
kubectl.run(["create", "namespace", ns]).check()
kubectl.run(["create", "serviceaccount", "default", "--namespace", ns]).check()
kubectl.run(["run", "one", "--image=nginx:1.22", "--namespace", ns]).check()
Object("pod", "one", ns).is_ready(within=2)
remove_namespace(ns)
""")
