"""Checks of quotas, defaults, rights and scope against a real API server, and what their failures say."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.course import scripts

pytestmark = pytest.mark.cluster

MORE = """
from course.checks import sample_pod
other = ns + "-b"
small = sample_pod("small", ns, requests={"cpu": "100m"})
large = sample_pod("large", ns, requests={"cpu": "600m"})
plain = sample_pod("plain", ns)
def kube(text, stdin=""):
    kubectl.run(text.replace("NS", ns).split(), stdin=stdin).check()
"""


@pytest.fixture(scope="module")
def run(cluster: Any) -> Iterator[Any]:
    namespace = f"quota-{uuid.uuid4().hex[:6]}"
    script = scripts.runner(cluster, namespace, MORE)
    script("""
checks.fresh_namespace(ns, other)
kube("create quota budget --hard=pods=3,requests.cpu=500m -n NS")
checks.quota(ns, used={"pods": 0})
""")
    yield script
    script("remove_namespace(ns, other)")


def test_a_quota_is_compared_by_amount_and_not_by_letters(run: Any) -> None:
    run("""
checks.quota(ns, hard={"pods": 3, "requests.cpu": "0.5"})
said = fails(checks.quota, ns, hard={"pods": 4})
has(said, f"ResourceQuota budget in namespace {ns}", "spec.hard.pods = 4; found 3",
    f"kubectl describe resourcequota budget -n {ns}")
has(fails(checks.quota, ns, hard={"limits.cpu": "500m"}), "the quota names requests.cpu", "counted apart")
has(fails(checks.quota, ns, hard={"requests.cpu": "500"}), "found 500m")
has(fails(checks.quota, other, hard={"pods": 3}), "a ResourceQuota with pods 3; found none",
    f"{ns}/budget", "forgotten")
has(fails(checks.quota, ns, used={"pods": 2}, within=1), "status.used.pods = 2", "found 0")
""")


def test_whole_processors_for_thousandths_are_told(run: Any) -> None:
    run("""
kube(f"create quota big --hard=requests.cpu=500 -n {other}")
has(fails(checks.quota, other, hard={"requests.cpu": "500m"}), "found 500", "without an m it is whole processors")
kube(f"delete quota big -n {other}")
""")


def test_the_api_itself_says_what_it_would_take(run: Any) -> None:
    run("""
checks.accepted(small)
words = checks.refused(large, "exceeded quota: budget")
has(words, "requested: requests.cpu=600m", "used: requests.cpu=0", "limited: requests.cpu=500m")
has(fails(checks.accepted, large), "with requests.cpu 600m (only tried)",
    'the API to take it; found “pods "large" is forbidden',
    "exceeded quota", "already are together more")
has(fails(checks.refused, small, "exceeded quota"), "that it takes it",
    "ResourceQuota budget counts", "requests.cpu 0/500m")
has(fails(checks.refused, plain, "exceeded quota"), "must specify requests.cpu",
    "a LimitRange of the namespace gives a default")
has(fails(checks.refused, sample_pod("x", "default")), "namespace default has no ResourceQuota")
assert kubectl.get("pod", "small", ns) is None
""")


def test_a_replica_set_that_may_make_no_pods_is_the_cause_of_its_deployment(run: Any) -> None:
    run("""
kube("create deployment idle --image=nginx:1.22 -n NS")
Object("deployment", "idle", ns).matches({"status": {"conditions": [{"type": "ReplicaFailure"}]}}, within=20)
said = fails(Object("deployment", "idle", ns).is_ready, within=1)
has(said, "FailedCreate", "failed quota: budget: must specify requests.cpu", "involvedObject.kind=ReplicaSet")
kube("delete deployment idle -n NS")
""")


def test_defaults_of_a_limit_range_are_seen_in_what_the_api_would_make(run: Any) -> None:
    run("""
asks = {"spec": {"containers": [{"resources": {"requests": {"cpu": checks.amount("0.1")}}}]}}
has(fails(checks.accepted, sample_pod("plain", other), asks), "resources", "a LimitRange of its namespace fills in")
kube(f"apply -n {other} -f -", '''{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "usual"},
"spec": {"limits": [{"type": "Container",
"defaultRequest": {"cpu": "100m"}, "default": {"cpu": "200m"}, "max": {"cpu": "300m"}}]}}''')
checks.accepted(sample_pod("plain", other), asks)
greedy = sample_pod("greedy", other, limits={"cpu": "1"})
has(fails(checks.accepted, greedy), "maximum cpu usage per Container is 300m", "allows one container less")
""")


def test_rights_are_the_authorizers_answer_with_the_binding_that_is_to_blame(run: Any) -> None:
    run("""
who, ann = checks.ANONYMOUS, checks.Subject("ann")
checks.cannot(who, "get", "configmaps", ns, "notice")
has(fails(checks.can, who, "get", "configmaps", ns, "notice"),
    f"Somebody without credentials: expected the right to get configmaps/notice in namespace {ns};",
    "found that there is none",
    f"there is no RoleBinding in namespace {ns}", f"kubectl get role,rolebinding -n {ns} -o wide")
kube("create rolebinding see --clusterrole=view --user=ann -n NS")
checks.can(ann, "list", "pods", ns)
checks.can(ann, "get", "deployments.apps", ns)
checks.cannot(ann, "list", "pods", other)
checks.cannot(ann, "create", "pods", ns)
has(fails(checks.cannot, ann, "list", "pods", ns), "found that there is one", "RoleBinding", "see")
has(fails(checks.can, who, "list", "pods", ns),
    "names system:anonymous, system:unauthenticated; ", "named are: User ann")
has(fails(checks.can, ann, "create", "pods", ns), "RoleBinding see names it, but ClusterRole view does not allow this")
kube("create rolebinding lost --role=nobody --serviceaccount=NS:default -n NS")
robot = checks.service_account("default", ns)
has(fails(checks.can, robot, "list", "pods", ns), "its Role nobody does not exist")
""")


def test_the_api_tells_which_kinds_are_in_namespaces(run: Any) -> None:
    run("""
inside, outside = checks.namespaced(), checks.cluster_wide()
assert {"pods", "deployments.apps", "leases.coordination.k8s.io"} <= inside
assert {"nodes", "namespaces", "storageclasses.storage.k8s.io"} <= outside
assert not inside & outside
""")


def test_namespaces_are_removed_together_and_the_clusters_own_never(run: Any) -> None:
    run("""
from course.errors import ClusterError
import time
names = [f"{ns}-{letter}" for letter in "xyz"]
checks.fresh_namespace(*names)
began = time.monotonic()
checks.remove_namespace(*names)
assert time.monotonic() - began < 14, "they were deleted one after the other"
for name in ("default", "kube-system"):
    try:
        checks.remove_namespace(name)
    except ClusterError:
        continue
    raise SystemExit(f"{name} would have been removed")
""")
