"""Driving a cluster as a person does: with kubectl, in a namespace of the test's own."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from course import kubectl
from tests.faults.traces import until

DEADLINE = 60.0

SERVES = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "timeoutSeconds": 10}
"""A readiness probe: without one, Ready says only that the process was started, not that it listens."""


@dataclass
class Kube:
    """kubectl in one namespace, and commands inside the cluster's network.

    `enter` turns a command into the same one inside the cluster's network.
    """

    env: Mapping[str, str]
    namespace: str
    enter: Any

    def kubectl(self, *args: str) -> list[str]:
        return ["kubectl", "-n", self.namespace, *args]

    def run(
        self, *args: str, input: str | None = None, timeout: float = DEADLINE, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs kubectl; with `check`, a failure shows what kubectl said."""
        return self.command(self.kubectl(*args), input=input, timeout=timeout, check=check)

    def shell(self, *argv: str, timeout: float = DEADLINE, check: bool = True) -> str:
        """Runs a command inside the cluster's network, as a notebook's cell does."""
        return self.command(self.enter(list(argv)), timeout=timeout, check=check).stdout

    def command(
        self,
        argv: Sequence[str],
        input: str | None = None,
        timeout: float = DEADLINE,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            argv,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **self.env},
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def apply(self, *objects: dict[str, Any]) -> None:
        self.run("apply", "-f", "-", input=kubectl.documents(objects))

    def get(self, *args: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("get", *args, "-o", "json").stdout)
        return found

    def wait(self, condition: str, *what: str, timeout: float = DEADLINE) -> None:
        """`kubectl wait`; a timeout shows the events, which say why."""
        done = self.run(
            "wait",
            f"--for={condition}",
            f"--timeout={timeout:.0f}s",
            *what,
            timeout=timeout + 10,
            check=False,
        )
        if done.returncode:
            events = self.run("get", "events", "--sort-by=.lastTimestamp", check=False).stdout
            pods = self.run("get", "pods", "-o", "wide", check=False).stdout
            raise AssertionError(f"{' '.join(what)}: {done.stderr}\n{pods}\n{events}")

    def ready(self, *pods: str, timeout: float = DEADLINE) -> None:
        self.wait("condition=Ready", *[f"pod/{p}" for p in pods], timeout=timeout)

    def ended(self, pod: str, phase: str = "Succeeded") -> None:
        self.wait(f"jsonpath={{.status.phase}}={phase}", f"pod/{pod}")

    def endpoints(self, service: str, count: int) -> None:
        """Waits until a Service has so many ready endpoints.

        `kubectl wait` fails at once where there is no slice yet, or a shorter one than its path asks for.
        """
        each = "{range .items[*].endpoints[*]}{.conditions.ready}{'\\n'}{end}"
        of = f"kubernetes.io/service-name={service}"

        def ready() -> int:
            said = self.run("get", "endpointslices", "-l", of, "-o", f"jsonpath={each}").stdout
            return said.split().count("true")

        until(
            lambda: ready() == count, DEADLINE,
            lambda: f"{service} has {ready()} ready endpoints, not {count}",
        )  # fmt: skip

    def logs(self, *args: str) -> str:
        return self.run("logs", *args).stdout

    def pod_ip(self, pod: str) -> str:
        ip: str = self.get("pod", pod)["status"]["podIP"]
        return ip


def container(name: str = "main", image: str = "busybox:1.35", **rest: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **rest}


def shell(script: str, name: str = "main", **rest: Any) -> dict[str, Any]:
    """A busybox container that runs a shell script."""
    return container(name, command=["sh", "-c", script], **rest)


def nginx(name: str = "web", **rest: Any) -> dict[str, Any]:
    """A web server that is ready once it serves a page."""
    return container(name, "nginx:1.22", readinessProbe=SERVES, **rest)


def pod(name: str, *containers: dict[str, Any], labels: Any = None, **spec: Any) -> dict[str, Any]:
    """A pod whose grace period does not make a test wait for shells that ignore SIGTERM."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {"app": name}},
        "spec": {"containers": list(containers), "terminationGracePeriodSeconds": 1, **spec},
    }


def once(name: str, script: str, **rest: Any) -> dict[str, Any]:
    """A pod that runs a script and ends."""
    return pod(name, shell(script, **rest.pop("container", {})), restartPolicy="Never", **rest)


def service(name: str, selector: dict[str, str], port: int = 80, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": [{"port": port, "targetPort": 80}], **spec},
    }


_numbers = itertools.count(1)


@contextmanager
def namespace_of_its_own(cluster: Any) -> Iterator[Kube]:
    """kubectl in a new namespace, gone afterwards."""
    name = f"test-{next(_numbers)}"
    kube = Kube(cluster.env(), name, cluster.shell_argv)
    kube.run("create", "namespace", name)
    kube.wait("create", "serviceaccount/default")
    yield kube
    kube.run("delete", "namespace", name, "--wait=false")


@contextmanager
def namespace_for_this_process(cluster: Any) -> Iterator[Kube]:
    """The same, and meanwhile this process's own kubeconfig leads to the cluster."""
    with pytest.MonkeyPatch.context() as patch, namespace_of_its_own(cluster) as kube:
        for name, value in cluster.env().items():
            patch.setenv(name, value)
        yield kube
