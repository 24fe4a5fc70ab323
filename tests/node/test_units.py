"""systemctl on a node."""

from __future__ import annotations

import os
import subprocess

import pytest

from course.cluster.embedded import Embedded
from tests.node.conftest import On

pytestmark = pytest.mark.cluster


def kubectl(cluster: Embedded, *words: str) -> str:
    done = subprocess.run(
        ["kubectl", *words], env=os.environ | cluster.env(), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_node_has_its_own_k3s(on: On) -> None:
    assert on("systemctl is-active k3s").stdout == "active\n"
    assert on("systemctl is-active k3s-agent", node="two-worker").stdout == "active\n"
    wrong = on("systemctl restart k3s", node="two-worker", check=False)
    assert (wrong.returncode, wrong.stderr.strip()) == (
        5,
        "Failed to restart k3s.service: Unit k3s.service not found.",
    )
    assert "Active: active (running)" in on("systemctl status containerd").stdout


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_node_without_its_kubelet_goes_not_ready_and_comes_back(two: Embedded, on: On) -> None:
    lease = (
        "get",
        "lease",
        "two-worker",
        "-n",
        "kube-node-lease",
        "-o",
        "jsonpath={.spec.renewTime}",
    )
    on("systemctl stop kubelet", node="two-worker")
    assert on("systemctl is-active kubelet", node="two-worker", check=False).returncode == 3
    last = kubectl(two, *lease)
    unknown = "--for=condition=Ready=Unknown"
    kubectl(two, "wait", unknown, "node/two-worker", "--timeout=120s")
    assert kubectl(two, *lease) == last
    on("systemctl start kubelet", node="two-worker")
    kubectl(two, "wait", "--for=condition=Ready", "node/two-worker", "--timeout=60s")
    assert kubectl(two, *lease) != last
