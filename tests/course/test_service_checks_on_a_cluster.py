"""Checks of Services against real ones: who stands behind them, who answers, and what a failure says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.course import scripts

pytestmark = pytest.mark.cluster

MORE = """
from course.checks import Service, reach
client = Object("pod", "client", ns)
def service(name, selector, ports=({"port": 80, "targetPort": 8080},), **spec):
    spec |= {"ports": list(ports)} | ({"selector": selector} if selector else {})
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
def server(name, labels, ready=True):
    script = "mkdir /pages; hostname > /pages/index.html; exec httpd -f -p 8080 -h /pages"
    box = {"name": "box", "image": "busybox:1.35", "command": ["/bin/sh", "-c", script]}
    box["ports"] = [{"name": "http", "containerPort": 8080}]
    if not ready:
        box["readinessProbe"] = {"httpGet": {"path": "/none", "port": 8080}, "periodSeconds": 1}
    spec = {"terminationGracePeriodSeconds": 1, "containers": [box]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
"""

PODS = """
checks.fresh_namespace(ns)
apply(
    server("web-0", {"app": "web"}), server("web-1", {"app": "web"}), server("web-2", {"app": "web"}, ready=False),
    server("client", {"app": "client"}), service("web", {"app": "web"}),
)
for name in ("web-0", "web-1", "client"):
    Object("pod", name, ns).is_ready(within=60, steady=0)
"""


@pytest.fixture(scope="module")
def run(cluster: Any) -> Iterator[Any]:
    """Runs a script in the cluster's network. Its namespace has two Pods that are ready and one that is not."""
    namespace = f"services-{uuid.uuid4().hex[:6]}"
    script = scripts.runner(cluster, namespace, MORE)
    script(PODS)
    yield script
    script("remove_namespace(ns)")


def test_endpoints_are_the_ready_pods_that_are_selected(run: Any) -> None:
    run("""
web = Service("web", ns)
assert web.endpoints_are({"app": "web"}) == ["web-0", "web-1"]
web.endpoints_are(["web-1", "web-0"])
web.has_endpoints(2)
assert {(one.name, one.ready) for one in web.endpoints()} == {("web-0", True), ("web-1", True), ("web-2", False)}
""")


def test_a_service_is_reached_by_address_by_name_and_at_every_node(run: Any) -> None:
    run("""
apply(service("door", {"app": "web"}, type="NodePort"))
door = Service("door", ns)
door.endpoints_are({"app": "web"})
assert door.answers(contains="web-").startswith("web-")
door.answers_by_name(contains="web-")
door.answers_by_name(80, client=client, contains="web-")
door.answers_at_nodes(contains="web-")
assert set(door.answers_come_from({"app": "web"})) == {"web-0", "web-1"}
""")


def test_answers_are_counted_by_who_gives_them(run: Any) -> None:
    run("""
address = Service("web", ns).get()["spec"]["clusterIP"]
counts = reach.answers(f"http://{address}/", 30)
assert counts.total() == 30 and set(counts) == {"web-0", "web-1"}, counts
""")


def test_a_headless_service_stands_for_its_pods(run: Any) -> None:
    run("""
apply(service("all", {"app": "web"}, clusterIP="None"))
every = Service("all", ns)
every.endpoints_are({"app": "web"})
assert len(every.resolves_to({"app": "web"})) == 2
every.resolves_to({"app": "web"}, client=client)
has(fails(every.answers), "a cluster address", "headless")
has(fails(Service("web", ns).resolves_to, {"app": "web"}, within=0), "it is not headless")
""")


def test_nobody_behind_a_service_must_not_answer(run: Any) -> None:
    run("""
apply(service("empty", {"app": "nobody"}))
Service("empty", ns).must_not_answer(80)
Service("never-made", ns).must_not_answer(80)
has(fails(Service("web", ns).must_not_answer, 80, because="so it is asked", within=0),
    "no answer from", "web-", "so it is asked")
""")


def test_a_selector_that_matches_nothing_is_the_cause(run: Any) -> None:
    run("""
apply(service("typo", {"app": "wep"}))
said = fails(Service("typo", ns).has_endpoints, within=0)
has(said, "found none", "the selector app=wep matches no Pod", "app=web (3 Pods)", "app=client (1 Pod)")
has(said, "kubectl get pod -n", "--show-labels")
has(fails(Service("typo", ns).answers, within=0), "the selector app=wep matches no Pod")
apply(service("bare", None))
has(fails(Service("bare", ns).has_endpoints, within=0), "the Service has no selector")
""")


def test_a_selector_that_matches_too_much_or_too_little_is_the_cause(run: Any) -> None:
    run("""
has(fails(Service("web", ns).endpoints_are, ["web-0"], within=0), "matches web-1 as well")
has(fails(Service("web", ns).endpoints_are, ["web-0", "web-1", "client"], within=0),
    "the selector is app=web, and Pod client has app=client")
""")


def test_a_selector_matches_too_much_although_the_other_pod_is_still_starting(run: Any) -> None:
    run("""
apply(
    server("own", {"app": "wide", "tier": "web"}), server("starts", {"app": "wide", "tier": "worker"}, ready=False),
    service("wide", {"app": "wide"}),
)
Object("pod", "own", ns).is_ready(within=60, steady=0)
Service("wide", ns).has_endpoints(1)
has(fails(Service("wide", ns).endpoints_are, {"app": "wide", "tier": "web"}, within=0), "matches starts as well")
assert Service("wide", ns).endpoints_are({"app": "wide"}) == ["own"]
""")


def test_a_pod_that_is_not_ready_is_the_cause(run: Any) -> None:
    run("""
said = fails(Service("web", ns).endpoints_are, ["web-0", "web-1", "web-2"], within=5)
has(said, "Pod web-2 is not ready", "Readiness probe failed", "kubectl describe pod web-2")
""")


def test_ports_that_do_not_fit_are_the_cause(run: Any) -> None:
    run("""
apply(service("deaf", {"app": "web"}, [{"port": 80}]))
apply(service("named", {"app": "web"}, [{"port": 80, "targetPort": "www"}]))
deaf = Service("deaf", ns)
deaf.endpoints_are({"app": "web"})
has(fails(deaf.answers, 80, within=0.5), "refused", "targetPort is 80: does anybody listen there", "declare port 8080")
has(fails(deaf.answers_by_name, 80, client=client, within=0.5), "targetPort is 80")
has(fails(deaf.answers, 81, within=0), "the Service has no port 81; it has 80")
has(fails(deaf.answers_at_nodes, 80, within=0), "a NodePort for port 80", "of type ClusterIP")
has(fails(Service("named", ns).answers, 80, within=0.5), "targetPort is the name www, and no container's port")
""")


def test_an_answer_that_is_not_the_right_one_is_shown_as_it_is(run: Any) -> None:
    run("""
said = fails(Service("web", ns).answers, contains="good bye", within=0)
has(said, "holding “good bye”", "found the page “web-")
assert "Likely cause" not in said, said
has(fails(Service("web", ns).answers_come_from, ["web-0"], within=1), "these answers: ", "web-1")
""")


def test_an_alias_without_a_target_is_the_cause(run: Any) -> None:
    run("""
apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "alias"},
       "spec": {"type": "ExternalName", "externalName": f"gone.{ns}.svc.cluster.local"}})
alias = Service("alias", ns)
has(fails(alias.answers_by_name, 80, client=client, within=0), f"the name stands for gone.{ns}", "is there such a name")
has(fails(alias.has_endpoints, within=0), "of type ExternalName")
""")


def test_endpoints_that_come_are_awaited_without_a_pause(run: Any) -> None:
    run("""
import subprocess, time
apply(service("later", {"app": "web", "late": "yes"}))
subprocess.Popen(["sh", "-c", f"sleep 1; kubectl label pod web-0 late=yes -n {ns} >/dev/null"])
began = time.monotonic()
Service("later", ns).endpoints_are({"late": "yes"}, within=30)
assert 0.5 < time.monotonic() - began < 20
""")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_gives_the_same_riddles_and_others_differ(seed: int) -> None:
    from course.checks import Crowd, Laggard

    crowd = Crowd.of(seed)
    assert crowd == Crowd.of(seed) != Crowd.of(seed + 100)
    assert len(crowd.serving) == 2
    assert crowd.lame in crowd.matching
    assert crowd.elsewhere not in crowd.labels
    assert {Laggard.of(n).name for n in range(30)} == set(Laggard.of(seed).names)


def test_a_crowds_service_has_the_endpoints_that_it_tells(run: Any) -> None:
    run("""
other = f"{ns}-other"
checks.fresh_namespace(other)
checks.make_crowd(ns, other, 5)
crowd = checks.Crowd.of(5)
apply(service("crowd", {"app": "shop", "track": "stable"}))
crowds = Service("crowd", ns)
crowds.endpoints_are(crowd.serving)
assert sorted(one.name for one in crowds.endpoints()) == sorted(crowd.matching)
remove_namespace(other)
""")


def test_a_laggard_is_left_out_until_its_page_is_there(run: Any) -> None:
    run("""
checks.make_laggard(ns, 5)
lot, books = checks.Laggard.of(5), Service("books", ns)
books.endpoints_are([name for name in lot.names if name != lot.name])
kubectl.run(["exec", lot.name, "-n", ns, "--", "mv", "/pages/raedy", "/pages/ready"]).check()
books.endpoints_are(lot.names)
""")
