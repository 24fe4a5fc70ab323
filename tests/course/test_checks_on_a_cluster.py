"""The vocabulary of checks against real objects: what holds, and what a failure says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.course import scripts

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def run(cluster: Any) -> Iterator[Any]:
    namespace = f"checks-{uuid.uuid4().hex[:6]}"
    script = scripts.runner(cluster, namespace)
    script("""
checks.fresh_namespace(ns)
run = ["--namespace", ns]
kubectl.run(["run", "web", "--image=nginx:1.22", "--labels=tier=front", *run]).check()
kubectl.run(["run", "typo", "--image=ngnix:1.22", *run]).check()
kubectl.run(["run", "ends", "--image=busybox:1.35", *run, "--", "sh", "-c", "echo so long; exit 7"]).check()
kubectl.run(["apply", "--filename", "-", *run], stdin='''
apiVersion: v1
kind: Pod
metadata: {name: pair}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: shared, emptyDir: {}}]
  containers:
  - name: left
    image: busybox:1.35
    command: ["/bin/sh", "-c"]
    args: ["[ -e /in/seen ] && exec httpd -f -p 8080 -h /in; touch /in/seen; echo last words; exit 1"]
    volumeMounts: [{name: shared, mountPath: /in}]
  - name: right
    image: busybox:1.35
    command: ["sleep", "3600"]
    volumeMounts: [{name: shared, mountPath: /out}]
---
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers:
  - {name: web, image: "nginx:1.22", resources: {requests: {cpu: 1000}}}
---
apiVersion: v1
kind: Pod
metadata: {name: waits}
spec:
  terminationGracePeriodSeconds: 1
  initContainers: [{name: first, image: "busybox:1.35", command: ["sleep", "3600"]}]
  containers: [{name: web, image: "nginx:1.22"}]
''').check()
Object("pod", "web", ns).is_ready(within=60)
restarted = {"name": "left", "restartCount": 1, "ready": True}
Object("pod", "pair", ns).matches({"status": {"containerStatuses": [restarted]}}, within=60)
""")
    yield script
    script("remove_namespace(ns)")


def test_what_holds_holds(run: Any) -> None:
    run("""
web = Object("pod", "web", ns)
web.matches({"metadata": {"labels": {"tier": "front"}}, "spec": {"containers": [{"image": "nginx:1.22"}]}})
web.is_ready()
assert "Welcome to nginx" in web.answers(80, contains="Welcome")
web.answers(80, "/nothing", status=404)
web.runs(["nginx", "-v"])
web.runs(["cat", "/etc/hostname"], prints="web")
web.logs_hold("GET / HTTP/1.1")
web.must_not_match({"spec": {"hostNetwork": True}})
Object("pod", "nobody", ns).is_absent(within=1)
""")


def test_a_pod_whose_image_was_just_mended_gets_its_time(run: Any) -> None:
    """Its status tells of the old image still: that it has backed off is no reason to give up."""
    run("""
kubectl.run(["run", "mended", "--image=nginx:1.222", "--namespace", ns]).check()
mended = Object("pod", "mended", ns)
backed_off = {"name": "mended", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
mended.matches({"status": {"containerStatuses": [backed_off]}}, within=60)
has(fails(mended.is_ready, within=60), "nginx:1.222")
halt("kubelet-0", 3)  # so that the old status stays for longer than a look takes
kubectl.run(["set", "image", "pod/mended", "mended=nginx:1.22", "--namespace", ns]).check()
mended.is_ready(within=60)
kubectl.run(["delete", "pod", "mended", "--now", "--namespace", ns]).check()
""")


def test_a_pod_whose_registry_does_not_answer_is_given_all_its_time(run: Any) -> None:
    """The next try may be answered: that is nobody's wrong answer before the time is over."""
    run("""
import time
kubectl.run(["run", "alone", "--image=localhost:9/nothing:1", "--namespace", ns]).check()
alone = Object("pod", "alone", ns)
backed_off = {"name": "alone", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
alone.matches({"status": {"containerStatuses": [backed_off]}}, within=60)
began = time.monotonic()
has(fails(alone.is_ready, within=4), "ImagePullBackOff")
assert time.monotonic() - began >= 4
kubectl.run(["delete", "pod", "alone", "--now", "--namespace", ns]).check()
""")


def test_what_does_not_hold_is_said_with_its_cause(run: Any) -> None:
    run("""
web = Object("pod", "web", ns)
has(fails(web.matches, {"metadata": {"labels": {"tier": "back"}}}),
    f"Pod web in namespace {ns}: expected metadata.labels.tier = back; found front.", "kubectl describe pod web")
has(fails(web.answers, 81, within=1), "port 81", "refused", "no process in the Pod listens on port 81")
has(fails(web.answers, 80, contains="Good bye", within=1), "holding “Good bye”", "Welcome to nginx")
has(fails(web.page_changes, 80, within=1), "other than the page before")
has(fails(web.runs, ["false"]), "`false` to end well", "exit status 1")
has(fails(web.logs_hold, "never said", within=2), "never said", "kubectl logs web")
has(fails(web.must_not_match, {"metadata": {"labels": {"tier": "front"}}}, "so it is asked"),
    "no metadata.labels.tier = front", "so it is asked")
has(fails(web.is_absent, within=1), "no such object")
""")


def test_an_image_that_cannot_be_pulled_is_the_cause(run: Any) -> None:
    run("""
has(fails(Object("pod", "typo", ns).is_ready, within=30), "condition Ready = True",
    "the image ngnix:1.22 of container typo cannot be pulled")
""")


def test_a_program_that_ends_is_the_cause(run: Any) -> None:
    run("""
said = fails(Object("pod", "ends", ns).is_ready, within=30)
has(said, "exit code 7", "kubectl logs ends")
""")


def test_an_object_elsewhere_or_of_another_name_is_the_cause(run: Any) -> None:
    run("""
has(fails(Object("pod", "wep", ns).get), "found no such object", "there are:", "web")
has(fails(Object("pod", "web", "default").get), f"a pod of this name is in namespace {ns}")
""")


def test_a_state_that_comes_is_awaited_without_a_pause(run: Any) -> None:
    run("""
import subprocess, time
subprocess.Popen(["sh", "-c", f"sleep 1; kubectl label pod web seen=yes --overwrite -n {ns} >/dev/null"])
began = time.monotonic()
Object("pod", "web", ns).matches({"metadata": {"labels": {"seen": "yes"}}}, within=20)
assert 0.5 < time.monotonic() - began < 10
""")


def test_an_objects_end_is_awaited_without_a_pause_and_longer_on_a_busy_machine(run: Any) -> None:
    """Its finalizer holds it beyond `within`, on a machine where somebody always waits for a processor."""
    run("""
import subprocess, time
from course import patience
held = '{"metadata": {"finalizers": ["kubelab.dev/held"]}}'
free = '{"metadata": {"finalizers": null}}'
kept = Object("configmap", "kept", ns)
kubectl.run(["create", "configmap", "kept", "--namespace", ns]).check()
patch = ["patch", "configmap", "kept", "--namespace", ns, "--type=merge", "--patch"]
kubectl.run([*patch, held]).check()
kubectl.run(["delete", "configmap", "kept", "--namespace", ns, "--wait=false"]).check()
freeing = subprocess.Popen(["sh", "-c", 'sleep 9; exec kubectl "$@"', "sh", *patch, free])
try:
    has(fails(kept.is_absent, within=1), "expected no such object within 1 s; found that it exists")
    patience._wanted = lambda _pressure: time.monotonic()
    began = time.monotonic()
    kept.is_absent(within=6)
    assert time.monotonic() - began < 12
finally:
    assert freeing.wait() == 0
""")


def test_the_log_of_one_container_is_read_and_the_one_before_its_restart(run: Any) -> None:
    run("""
pair = Object("pod", "pair", ns)
pair.logs_hold("last words", container="left", previous=True)
has(fails(pair.logs_hold, "no such words", container="left", previous=True),
    f"Log of container left of Pod pair in namespace {ns} before its restart: expected a line with “no such words”",
    "found the last line “last words”",
    f"Look closer: kubectl logs pair --namespace {ns} --container left --previous")
has(fails(pair.logs_hold, "x", container="right", previous=True), "previous terminated container", "not found")
has(fails(pair.logs_hold, "x", container="nobody", within=1), "Log of container nobody of Pod pair", "no line")
has(fails(Object("pod", "nobody", ns).logs_hold, "x"), "found no such object")
""")


def test_what_is_inside_a_container_is_asked_there(run: Any) -> None:
    run("""
from course.checks import inside
pair = Object("pod", "pair", ns)
folders = ["/in", "/out", "/tmp"]
assert checks.who_finds(pair, "left", "/in", folders) == ["left", "right"]
assert checks.who_finds(pair, "right", "/tmp", folders) == ["right"]
assert checks.who_reaches(pair, "http://localhost:8080/seen") == ["left", "right"]
assert checks.who_reaches(pair, "http://localhost:8081/seen") == []
assert inside.holds(pair, ["test", "-e", "/in/seen"], container="left", deadline=60)
assert not inside.holds(pair, ["test", "-e", "/in/seen"], container="right", deadline=60)
has(fails(inside.holds, pair, ["true"], container="nobody", deadline=60),
    "a container nobody to run a command in", "kubectl describe pod pair")
has(fails(pair.runs, ["sleep", "60"], container="right", deadline=1), "`sleep 60` to end well", "still runs after 1 s")
has(fails(pair.runs, ["cat", "/in/seen"], container="right"), "exit status 1", "No such file",
    f"kubectl exec pair --namespace {ns} --container right -- cat /in/seen")
""")


def test_events_are_awaited_and_those_of_another_object_do_not_count(run: Any) -> None:
    run("""
big = Object("pod", "big", ns)
big.has_event("FailedScheduling", contains="Insufficient cpu", within=20)
has(fails(big.has_event, "Pulled", within=1), "an event Pulled within 1 s", "found only FailedScheduling",
    "no node takes the Pod", f"kubectl events --for pod/big -n {ns}")
has(fails(big.has_event, "FailedScheduling", contains="memory", within=0), "that says “memory”")
kubectl.run(["delete", "pod", "big", "--namespace", ns]).check()
kubectl.run(["run", "big", "--image=busybox:1.35", "--namespace", ns, "--", "sleep", "60"]).check()
big.has_event("Started", within=60)
has(fails(big.has_event, "FailedScheduling", within=0), "an event FailedScheduling")
""")


def test_an_init_container_that_does_not_end_is_the_cause(run: Any) -> None:
    run("""
waits = Object("pod", "waits", ns)
waits.matches({"status": {"initContainerStatuses": [{"name": "first", "state": {"running": ...}}]}}, within=60)
has(fails(waits.is_ready, within=1), "init container first has not ended")
""")


def test_a_pod_that_is_done_is_not_waited_for(run: Any) -> None:
    run("""
import time
once = ["run", "done", "--image=busybox:1.35", "--restart=Never", "--namespace", ns, "--", "sh", "-c", "exit 4"]
kubectl.run(once).check()
done = Object("pod", "done", ns)
done.matches({"status": {"phase": "Failed"}}, within=60)
began = time.monotonic()
has(fails(done.matches, {"status": {"phase": "Succeeded"}}, within=100), "found Failed", "ended with exit code 4")
assert time.monotonic() - began < 50
""")
