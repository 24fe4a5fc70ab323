"""Checks ask Pods and Services by their addresses, so their tests run where a notebook's kernel does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

PRELUDE = """
import json, os, signal, sys, threading
from course import checks, cluster, kubectl
from course.checks import CheckFailed, Object
from course.checks.namespace import remove_namespace
ns = sys.argv[1]
def apply(*objects):
    kubectl.apply(objects, "--namespace", ns)
def halt(component, seconds):
    pid = {one.name: one.pid for one in cluster.current().status().components}[component]
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(seconds, os.kill, (pid, signal.SIGCONT)).start()
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
"""What every script begins with; its namespace is `ns`."""


def runner(cluster: Any, namespace: str, more: str = "") -> Callable[[str], str]:
    """What runs a script in the cluster's network, after PRELUDE and `more`, and returns what it printed."""

    def script(text: str) -> str:
        argv = [sys.executable, "-c", PRELUDE + more + text, namespace]
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

    return script
