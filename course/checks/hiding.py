"""One Pod of the same name in each of several namespaces, of which only one runs: something to find."""

from __future__ import annotations

import random
from collections.abc import Sequence

from course import kubectl
from course.language import _

NAME = "lost"


def hiding_place(namespaces: Sequence[str], seed: int) -> str:
    """In which of the namespaces the Pod runs. The same seed gives the same, on every machine."""
    return random.Random(seed).choice(list(namespaces))  # noqa: S311 - a riddle, not a secret


def hide(namespaces: Sequence[str], seed: int, *, deadline: float = 60) -> None:
    """Create the Pods, and return when the one that can run does. Seconds."""
    place = hiding_place(namespaces, seed)
    pods = [_pod(one, runs=one == place) for one in namespaces]
    args = ["create", "--filename", "-"]
    kubectl.run(args, stdin=kubectl.documents(pods)).check()
    wait = ["wait", "--for=jsonpath={.status.phase}=Running", f"pod/{NAME}"]
    wait += ["--namespace", place, f"--timeout={deadline:g}s"]
    kubectl.run(wait, deadline=deadline + 5).check()
    print(
        _(
            "A Pod {name} is in each of {count} namespaces. One of them runs.",
            name=NAME,
            count=len(namespaces),
        )
    )


def _pod(namespace: str, *, runs: bool) -> dict[str, object]:
    spec: dict[str, object] = {
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {"name": "main", "image": "busybox:1.35", "command": ["sleep", "3600"]},
        ],
    }
    if not runs:
        spec["nodeSelector"] = {"example.org/room": "none"}  # no node has it: it stays Pending
    meta = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
