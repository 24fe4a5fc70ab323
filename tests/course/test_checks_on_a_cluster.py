"""The vocabulary of checks against real objects: what holds, and what a failure says."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.cluster

# Checks ask Pods by their address, so they run where a notebook's kernel does: in the cluster's network.
PRELUDE = """
import sys
from course import checks, kubectl
from course.checks import CheckFailed, Object
from course.checks.namespace import remove_namespace
ns = sys.argv[1]
def fails(ask, *args, **options):
    try:
        ask(*args, **options)
    except CheckFailed as failure:
        return str(failure)
    raise SystemExit("it held, and should not")
def has(said, *words):
    for word in words:
        assert word in said, f"{word!r} is not in: {said}"
"""


@pytest.fixture(scope="module")
def run(cluster: Any) -> Iterator[Any]:
    namespace = f"checks-{uuid.uuid4().hex[:6]}"

    def script(text: str) -> str:
        argv = [sys.executable, "-c", PRELUDE + text, namespace]
        done = subprocess.run(
            cluster.shell_argv(argv),
            env=os.environ | cluster.env(),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    script("""
checks.fresh_namespace(ns)
run = ["--namespace", ns]
kubectl.run(["run", "web", "--image=nginx:1.22", "--labels=tier=front", *run]).check()
kubectl.run(["run", "typo", "--image=ngnix:1.22", *run]).check()
kubectl.run(["run", "ends", "--image=busybox:1.35", *run, "--", "sh", "-c", "echo so long; exit 7"]).check()
Object("pod", "web", ns).is_ready(within=60)
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
