"""Three Pods of which one does not stay up, chosen by a seed: something to find out by looking."""

from __future__ import annotations

import random
from dataclasses import dataclass

from course import kubectl
from course.language import _

_NAMES = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heron", "iris", "juniper")
_CODES = range(3, 60)


@dataclass(frozen=True)
class Trouble:
    """Which Pods there are, which of them fails, and with which exit code."""

    names: tuple[str, ...]
    failing: str
    exit_code: int

    @classmethod
    def of(cls, seed: int) -> Trouble:
        """The same seed gives the same trouble, on every machine."""
        dice = random.Random(seed)  # noqa: S311 - a riddle, not a secret
        names = tuple(sorted(dice.sample(_NAMES, 3)))
        return cls(names, dice.choice(names), dice.choice(_CODES))

    @property
    def healthy(self) -> tuple[str, ...]:
        """The Pods that stay up."""
        return tuple(name for name in self.names if name != self.failing)


def make_trouble(namespace: str, seed: int, *, deadline: float = 60) -> None:
    """Create the Pods, and return when the failing one has failed for the first time and the others run. Seconds.

    A Pod that the kubelet has not seen yet has no `containerStatuses`: who looks at all Pods would stumble over it.
    """
    trouble = Trouble.of(seed)
    for name in trouble.names:
        end = f"exit {trouble.exit_code}" if name == trouble.failing else "exec sleep 3600"
        script = f"echo {name} is starting; {end}"
        options = ["--namespace", namespace, "--image=busybox:1.35", "--command"]
        kubectl.run(["run", name, *options, "--", "/bin/sh", "-c", script]).check()
    failed = "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}"
    wait = ["wait", f"--timeout={deadline:g}s", "--namespace", namespace]
    kubectl.run([*wait, failed, f"pod/{trouble.failing}"], deadline=deadline + 5).check()
    others = [f"pod/{name}" for name in trouble.healthy]
    kubectl.run([*wait, "--for=condition=Ready", *others], deadline=deadline + 5).check()
    print(_("Three Pods are in {namespace}. One of them does not stay up.", namespace=namespace))
