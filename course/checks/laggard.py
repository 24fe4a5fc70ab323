"""Three equal web servers behind a Service, of which one never gets ready: a seed says which."""

from __future__ import annotations

import random
from dataclasses import dataclass

from course import kubectl
from course.language import _

PORT = 8080
PROBE = {"httpGet": {"path": "/ready", "port": PORT}}
"""What each of them must answer to count as ready."""


@dataclass(frozen=True)
class Laggard:
    """The three Pods' names, and which of them is not ready."""

    names: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, seed: int, app: str = "books") -> Laggard:
        """The same seed gives the same Pod, on every machine."""
        dice = random.Random(f"laggard {seed}")  # noqa: S311 - a riddle, not a secret
        names = tuple(f"{app}-{number}" for number in range(3))
        return cls(names, dice.choice(names))


def make_laggard(namespace: str, seed: int, app: str = "books", *, deadline: float = 60) -> None:
    """Create the Pods and their Service; return when two are ready and the third runs. Seconds."""
    lot = Laggard.of(seed, app)
    items = [_pod(name, app, name == lot.name) for name in lot.names]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": app},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": PORT}]},
    }
    scope = ["--namespace", namespace]
    kubectl.apply([*items, service], *scope)
    wait = ["wait", *scope, f"--timeout={deadline:g}s"]
    ready = [f"pod/{name}" for name in lot.names if name != lot.name]
    kubectl.run([*wait, "--for=condition=Ready", *ready], deadline=deadline + 5).check()
    started = "--for=jsonpath={.status.containerStatuses[0].started}=true"
    kubectl.run([*wait, started, f"pod/{lot.name}"], deadline=deadline + 5).check()
    print(
        _(
            "Three Pods and the Service {app} are in {namespace}. One of the Pods gets no requests.",
            app=app,
            namespace=namespace,
        )
    )


def _pod(name: str, app: str, lags: bool) -> dict[str, object]:
    sign = "raedy" if lags else "ready"
    script = (
        f"mkdir /pages; hostname > /pages/index.html; echo yes > /pages/{sign};"
        f" exec httpd -f -p {PORT} -h /pages"
    )
    container = {
        "name": "server",
        "image": "busybox:1.35",
        "command": ["/bin/sh", "-c", script],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {**PROBE, "periodSeconds": 1},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": app}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
