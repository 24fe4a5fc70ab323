"""A submission's surroundings: the cluster, as clean for each as for the first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from course import kubectl
from course.checks.namespace import remove_namespace

# What a submission can leave outside of a namespace of its own, beside namespaces themselves.
_IN_DEFAULT = (
    "deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,pods,services,"
    "configmaps,secrets,persistentvolumeclaims"
)
_CLUSTER_WIDE = (
    "persistentvolumes,clusterroles,clusterrolebindings,"
    "validatingwebhookconfigurations,mutatingwebhookconfigurations,customresourcedefinitions"
)


class ClusterAccess(Protocol):
    """What grading needs of a cluster; `course.cluster.base.Cluster` has it."""

    def env(self) -> dict[str, str]:
        """The variables that a command needs to use the cluster."""

    def shell_argv(self, argv: Sequence[str], name: str = "shell") -> list[str]:
        """The command that runs `argv` inside the cluster's network."""


class Surroundings:
    """Where submissions are executed, one after the other.

    Args:
        cluster: None for exercises that need none.
    """

    def __init__(self, cluster: ClusterAccess | None) -> None:
        self.cluster = cluster
        self.before: set[str] = set()

    def traits(self) -> dict[str, Any]:
        """PapermillExecute's configuration."""
        if self.cluster is None:
            return {}
        return {"variables": self.cluster.env(), "wrap": self.cluster.shell_argv([], name="grade")}

    @contextmanager
    def clean(self) -> Iterator[None]:
        """One submission's turn: what it leaves in the cluster is gone when this ends.

        Raises:
            course.errors.ClusterError: the cluster cannot be reached, or does not get clean in time.
        """
        if self.cluster is None:
            yield
            return
        with _environment(self.cluster.env()):
            before = _objects()
            try:
                yield
            finally:
                _remove(_objects() - before)


def _objects() -> set[tuple[str, str, str]]:
    """(kind, namespace, uid/name) of what a submission could have left."""
    namespaces = {
        ("namespace", "", item["metadata"]["name"]) for item in kubectl.get_all("namespace")
    }
    local = kubectl.get_all(_IN_DEFAULT, "--namespace", "default")
    wide = kubectl.get_all(_CLUSTER_WIDE)
    return namespaces | {
        (item["kind"].lower(), item["metadata"].get("namespace", ""), item["metadata"]["name"])
        for item in [*local, *wide]
    }


def _remove(left: set[tuple[str, str, str]]) -> None:
    for kind, namespace, name in sorted(left, key=lambda one: one[0] == "namespace"):
        if kind == "namespace":
            remove_namespace(name)
            continue
        scope = ["--namespace", namespace, "--grace-period=1"] if namespace else []
        kubectl.run(["delete", kind, name, *scope, "--ignore-not-found"]).check()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
