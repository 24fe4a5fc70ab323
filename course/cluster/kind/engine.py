"""Docker or Podman: which one is there, and whether kind can work with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course.errors import ClusterError, ToolError

NAMES: tuple[Literal["docker", "podman"], ...] = ("docker", "podman")
_ANSWERS_WITHIN = 20.0
_MEMORY = 1 << 30
"""Bytes that one node with the control plane needs, with room for the lessons' Pods."""
_WITHOUT = "Or use the embedded cluster, which needs neither: leave out --cluster kind."


@dataclass(frozen=True)
class Engine:
    """What runs the nodes' containers.

    Attributes:
        name: "docker" or "podman", which is also what it is called by.
        cgroup: the version of control groups that it gives its containers: 1 or 2.
        memory: bytes that all its containers can have.
    """

    name: str
    cgroup: int
    memory: int

    def argv(self, *arguments: str) -> list[str]:
        """The command `docker ARGUMENTS…`."""
        return [self.name, *arguments]

    def run(self, *arguments: str, deadline: float = 60, data: str = "") -> str:
        """Runs `docker ARGUMENTS…` and returns what it printed.

        Raises:
            ClusterError: it failed, or was not done in time.
        """
        argv = self.argv(*arguments)
        try:
            done = subprocess.run(
                argv, input=data, capture_output=True, text=True, timeout=deadline, check=False
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(
                f"`{' '.join(argv[:3])} …` was not done after {deadline:.0f} s.",
                f"Look whether {self.name} answers: {self.name} info",
            ) from None
        if done.returncode:
            raise ClusterError(f"`{' '.join(argv)}` failed: {done.stderr.strip()}")
        return done.stdout


def find(nodes: int = 1) -> Engine:
    """The engine to use: what KIND_EXPERIMENTAL_PROVIDER names, else Docker, else Podman.

    Raises:
        ToolError: there is none; it does not run; or this user may not use it.
        ClusterError: it has too little memory for so many nodes.
    """
    wanted = os.environ.get("KIND_EXPERIMENTAL_PROVIDER", "")
    found = [name for name in ([wanted] if wanted else NAMES) if shutil.which(name)]
    if not found:
        what = wanted or "neither Docker nor Podman"
        raise ToolError(
            f"{what} was {'not ' if wanted else ''}found, and kind's nodes are containers.",
            f"Install Docker (docs.docker.com/engine/install). {_WITHOUT}",
        )
    name = found[0]
    engine = _ask(name)
    if engine.memory < _MEMORY * nodes:
        raise ClusterError(
            f"{name} has {engine.memory >> 20} MiB of memory for all its containers, and {nodes} node(s) "
            f"of kind need {_MEMORY * nodes >> 20}.",
            f"Give it more (Docker Desktop: Settings, Resources), or take fewer nodes. {_WITHOUT}",
        )
    return engine


def _ask(name: str) -> Engine:
    fields = (
        "{{.CgroupVersion}} {{.MemTotal}}"
        if name == "docker"
        else "{{.Host.CgroupsVersion}} {{.Host.MemTotal}}"
    )
    try:
        done = subprocess.run(
            [name, "info", "--format", fields],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_ANSWERS_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(
            f"{name} did not answer within {_ANSWERS_WITHIN:.0f} s.", f"Start it again. {_WITHOUT}"
        ) from None
    words = done.stdout.split()
    # Docker's client prints zeros, and exit code 0 before version 23, where no daemon answers.
    if done.returncode or len(words) != 2 or words[1] == "0":
        raise _refusal(name, done.stderr)
    return Engine(name, 2 if words[0] in ("2", "v2") else 1, int(words[1]))


def _refusal(name: str, said: str) -> ToolError:
    line = " ".join(said.split())
    if "permission denied" in line.lower():
        return ToolError(
            f"this user may not use {name}: {line}",
            f"Join its group: sudo usermod -aG {name} $USER, then log in anew. {_WITHOUT}",
        )
    start = "sudo systemctl start docker" if name == "docker" else "podman machine start"
    return ToolError(f"{name} does not run: {line}", f"Start it: {start}. {_WITHOUT}")


def clusters(engine: Engine) -> list[str]:
    """The names of all kind clusters, running or not."""
    label = "io.x-k8s.kind.cluster"
    # Docker's .Labels is a text, and Podman 4 has no .Label.
    value = (
        f'{{{{.Label "{label}"}}}}'
        if engine.name == "docker"
        else f'{{{{index .Labels "{label}"}}}}'
    )
    said = engine.run("ps", "--all", "--filter", f"label={label}", "--format", value)
    return sorted(set(said.split()))


def containers(engine: Engine, cluster: str) -> Sequence[str]:
    """The names of a cluster's nodes, running or not; the control plane first."""
    label = f"label=io.x-k8s.kind.cluster={cluster}"
    said = engine.run("ps", "--all", "--filter", label, "--format", "{{.Names}}")
    return sorted(said.split(), key=lambda name: ("control-plane" not in name, len(name), name))
