"""What a cluster is to the rest of the product, wherever it comes from."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from course.processes import ProcessId
from course.progress import Progress

StateName = Literal["absent", "starting", "ready", "failed", "stopping"]


@dataclass(frozen=True)
class Event:
    """One thing that happened while the cluster started, `seconds` after the keeper's start."""

    seconds: float
    stage: str
    message: str


@dataclass(frozen=True)
class Node:
    """One machine of the cluster, as `kubectl get nodes` shows it."""

    name: str
    address: str
    ready: bool


@dataclass(frozen=True)
class Component:
    """One process of the cluster itself."""

    name: str
    state: str
    pid: int = 0
    restarts: int = 0
    last_error: str = ""


@dataclass(frozen=True)
class Status:
    """What is known of a cluster at one moment."""

    cluster: str
    state: StateName
    message: str = ""
    k: int = 0
    kubeconfig: str = ""
    nodes: tuple[Node, ...] = ()
    components: tuple[Component, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same, as plain data for JSON."""
        from dataclasses import asdict

        return asdict(self)


@dataclass(frozen=True)
class Reset:
    """What bringing a cluster back to its baseline took.

    Attributes:
        deleted: keys of etcd that the baseline did not have, events among them.
        restored: keys that were gone or had another value.
        pods: pods whose containers were killed, on all nodes.
        rounds: how often the difference was undone until nothing came back.
        seconds: the keeper's time for it all, the look that nothing is left included.
        left: keys that are still different; empty, for a reset that cannot clear them fails.
    """

    deleted: int
    restored: int
    pods: int
    rounds: int
    seconds: float
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """What a cluster is asked to be.

    Attributes:
        name: the cluster's name; its state folder has the same.
        nodes: how many machines, 1 to 100.
        executor: how containers run: 'userns', 'proot', or 'auto' to try them in that order.
        images: an OCI image layout served as docker.io's mirror; None where there is none.
        registries: a registries.yaml in K3s's format; None where there is none.
        with_caller: the cluster ends when the process that creates it does, however that ends.
        progress: told how far a build is that has to be done first.
    """

    name: str = "kubelab"
    nodes: int = 1
    executor: Literal["auto", "userns", "proot"] = "auto"
    images: Path | None = None
    registries: Path | None = None
    with_caller: bool = False
    progress: Progress | None = field(default=None, compare=False)


class Cluster(Protocol):
    """A Kubernetes cluster that this product may start, use and end.

    Every method raises course.errors.ClusterError, or one of its kinds, with a message for a person.
    """

    @property
    def name(self) -> str:
        """The cluster's name."""

    @property
    def kind(self) -> str:
        """Where it comes from: one of course.cluster.KINDS."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""

    @property
    def logs(self) -> Path:
        """The folder of the logs, which outlive the cluster."""

    @property
    def running(self) -> bool:
        """Whether it runs, ready or not."""

    @property
    def made_here(self) -> bool:
        """Whether this object's `create` has started it."""

    def lifeline(self) -> ProcessId | None:
        """A process that ends when the cluster does; None where the cluster does not run."""

    def create(self, spec: Spec) -> bool:
        """Starts the cluster; returns False where it runs already. Does not wait until it is ready."""

    def wait_ready(
        self, timeout: float = 120, on_event: Callable[[Event], None] | None = None
    ) -> Status:
        """Waits up to `timeout` seconds until a pod can run."""

    def delete(self) -> bool:
        """Ends the cluster and removes its state but its logs; returns False where there was none."""

    def forget(self) -> None:
        """Removes what `delete` leaves, the logs, of a cluster whose name is not used again."""

    def status(self) -> Status:
        """What the cluster is now; its state is 'absent' where there is none."""

    def load_image(self, archive: Path) -> None:
        """Brings an image archive (OCI or docker-save) to every node."""

    def node_argv(self, node: str, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` on a node; an empty name means the first one."""

    def node_run(
        self, node: str, argv: Sequence[str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command on a node, and returns its output and exit code."""

    def reset(self) -> Status:
        """Brings the cluster back to what it was when new; returns its status, ready again."""

    def shell_argv(self, argv: Sequence[str], name: str = "shell") -> list[str]:
        """The command that runs `argv` inside the cluster's network."""

    def env(self) -> dict[str, str]:
        """The variables that a command needs to use the cluster."""
