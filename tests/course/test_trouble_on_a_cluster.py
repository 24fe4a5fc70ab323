"""The Pods of a riddle: when the cell that makes them returns, there is all to see that there will be."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.course import scripts

pytestmark = pytest.mark.cluster


def test_no_pod_of_the_trouble_is_without_its_status_however_late_the_kubelet_is(
    cluster: Any,
) -> None:
    """The one that fails may be the first that is made: it has failed before the kubelet knows of the last."""
    scripts.runner(cluster, f"trouble-{uuid.uuid4().hex[:6]}")("""
from course.checks import Trouble
seed = next(seed for seed in range(1000) if Trouble.of(seed).failing == Trouble.of(seed).names[0])
trouble, run = Trouble.of(seed), kubectl.run
def run_late(args, **options):
    if args[:2] == ["run", trouble.names[-1]]:
        ended = "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}"
        run(["wait", ended, f"pod/{trouble.failing}", "--timeout=60s", "--namespace", ns]).check()
        halt("kubelet-0", 4)
    return run(args, **options)
checks.fresh_namespace(ns)
kubectl.run = run_late
checks.make_trouble(ns, seed)
kubectl.run = run
pods = {pod["metadata"]["name"]: pod["status"] for pod in kubectl.get_all("pod", "--namespace", ns)}
assert tuple(sorted(pods)) == trouble.names
for name in trouble.healthy:
    assert "running" in pods[name].get("containerStatuses", [{}])[0].get("state", {}), (name, pods[name])
last = pods[trouble.failing]["containerStatuses"][0]["lastState"]
assert last["terminated"]["exitCode"] == trouble.exit_code
remove_namespace(ns)
""")


def test_objects_are_applied_without_the_whole_description_of_the_api(cluster: Any) -> None:
    """As a List, they had kubectl fetch 2 MB, which a busy machine's API server did not give in its 32 seconds."""
    scripts.runner(cluster, f"apply-{uuid.uuid4().hex[:6]}")("""
names = [f"one-{number}" for number in range(2)]
head = {"apiVersion": "v1", "kind": "ConfigMap"}  # longer than what kubectl reads to see what it has before it
objects = [{**head, "metadata": {"name": name}, "data": {"text": "x" * 9000}} for name in names]
checks.fresh_namespace(ns)
done = kubectl.apply(objects, "--namespace", ns, "-v=6")
assert "/openapi/v3" in done.stderr and "/openapi/v2" not in done.stderr, done.stderr
there = {one["metadata"]["name"] for one in kubectl.get_all("configmap", "--namespace", ns)}
assert there.issuperset(names), there
remove_namespace(ns)
""")
