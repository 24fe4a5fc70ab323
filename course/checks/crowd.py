"""A handful of Pods with labels that a seed deals out: who of them would stand behind a Service?"""

from __future__ import annotations

import random
from dataclasses import dataclass

from course import kubectl
from course.language import _

_NAMES = ("alder", "beech", "cherry", "elm", "fir", "hazel", "larch", "maple", "oak", "pine")
WANTED = {"app": "shop", "track": "stable"}
"""The selector in question."""
_OTHERS = (
    {"app": "shop", "track": "canary"},
    {"app": "blog", "track": "stable"},
    {"app": "shop", "release": "stable"},
)


@dataclass(frozen=True)
class Crowd:
    """The Pods' labels by their names, which of them never gets ready, and who is elsewhere.

    Attributes:
        labels: of the Pods in the exercise's namespace.
        lame: the one of them that has the labels and is not ready.
        elsewhere: a Pod with the same labels in another namespace.
    """

    labels: dict[str, dict[str, str]]
    lame: str
    elsewhere: str

    @classmethod
    def of(cls, seed: int) -> Crowd:
        """The same seed gives the same Pods, on every machine."""
        dice = random.Random(f"crowd {seed}")  # noqa: S311 - a riddle, not a secret
        dealt = [WANTED] * 3 + list(_OTHERS)
        *names, elsewhere = dice.sample(_NAMES, len(dealt) + 1)
        labels = {name: dict(one) for name, one in zip(names, dealt, strict=True)}
        return cls({name: labels[name] for name in sorted(names)}, names[0], elsewhere)

    @property
    def matching(self) -> list[str]:
        """The Pods that the selector finds, ready or not."""
        return [name for name, own in self.labels.items() if own == WANTED]

    @property
    def serving(self) -> list[str]:
        """Those of them that would get requests."""
        return [name for name in self.matching if name != self.lame]


def make_crowd(namespace: str, elsewhere: str, seed: int, *, deadline: float = 60) -> None:
    """Create the Pods, and return when all run and all but one are ready. Seconds.

    Args:
        namespace: where they are.
        elsewhere: the namespace of the one that is not there.
        seed: deals the labels out.
    """
    crowd = Crowd.of(seed)
    pods = [_pod(name, namespace, own, name != crowd.lame) for name, own in crowd.labels.items()]
    pods.append(_pod(crowd.elsewhere, elsewhere, WANTED, True))
    kubectl.apply(pods)
    wait = ["wait", f"--timeout={deadline:g}s", "--namespace", namespace]
    names = [f"pod/{name}" for name in crowd.labels if name != crowd.lame]
    kubectl.run([*wait, "--for=condition=Ready", *names], deadline=deadline + 5).check()
    started = "--for=jsonpath={.status.containerStatuses[0].started}=true"
    kubectl.run([*wait, started, f"pod/{crowd.lame}"], deadline=deadline + 5).check()
    print(
        _(
            "There are {count} more Pods in {namespace}, and one in {other}.",
            count=len(crowd.labels),
            namespace=namespace,
            other=elsewhere,
        )
    )


def _pod(name: str, namespace: str, labels: dict[str, str], ready: bool) -> dict[str, object]:
    container: dict[str, object] = {
        "name": "box",
        "image": "busybox:1.35",
        "command": ["/bin/sh", "-c", "exec sleep 3600"],
    }
    if not ready:
        container["readinessProbe"] = {"exec": {"command": ["test", "-f", "/open"]}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
