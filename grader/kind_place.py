"""Submissions on kind: a new cluster for each, for kind has no way back to what it was."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from course import processes
from course.cluster import starting
from course.cluster.base import Spec
from course.cluster.kind import engine, provider
from course.cluster.kind.provider import Kind
from course.errors import ClusterError, IsolationError
from course.progress import Progress
from grader.place import copy_for_student, give_rights

_PREFIX = "grading"
_REMOVED_WITHIN, _PAUSE = 30.0, 0.2


def refuse_sandbox(isolation: str) -> None:
    """Raises IsolationError where a sandbox is asked for: kind's nodes are out of its reach."""
    if isolation != "none":
        raise IsolationError(
            "students' code behind the sandbox's wall cannot reach kind's clusters.",
            "Grade on the embedded cluster: leave out --cluster kind. Or, where nothing is to be lost on this "
            "machine, add --isolation none: the code can then do what you can.",
        )


def prepare(progress: Progress) -> None:
    """Brings what the clusters need.

    Raises:
        ToolError: there is no Docker, or none that can be used.
    """
    provider.prepare(progress)


def remove_orphans() -> None:
    """Removes the clusters of workers that have ended: Docker, which runs them, does not know of it."""
    chosen = engine.find()
    for name in engine.clusters(chosen):
        owner = _owner(name)
        if owner and not owner.alive():
            _remove(name, chosen)


def _remove(name: str, chosen: engine.Engine) -> None:
    """Removes a cluster, which its worker's `kind delete` may be at still."""
    end = time.monotonic() + _REMOVED_WITHIN
    while name in engine.clusters(chosen):
        try:
            Kind.remove(name, chosen)
        except ClusterError as problem:
            if "already in progress" not in problem.message or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _owner(name: str) -> processes.ProcessId | None:
    """The worker that a cluster was made by, as its name has it."""
    words = name.split("-")
    if words[0] != _PREFIX or len(words) != 3 or not (words[1] + words[2]).isdigit():
        return None
    return processes.ProcessId(int(words[1]), int(words[2]))


class GradingKind:
    """A kind cluster with two users: the examiner, who may all, and the student.

    A used one is removed at once; the next one is made when the next submission is there.
    """

    def __init__(self, images: Path | None) -> None:
        me = processes.of(os.getpid())
        assert me  # noqa: S101 - it is this process
        self.cluster = Kind(f"{_PREFIX}-{me.pid}-{me.start_time}")
        self._images, self._used = images, False

    def start(self) -> None:
        """Start the cluster, and give the student's user its rights."""
        starting.start(self.cluster, Spec(name=self.cluster.name, images=self._images))
        os.environ.update(self.cluster.env())
        give_rights(self.cluster.student_kubeconfig())

    def end(self) -> None:
        """End the cluster."""
        with contextlib.suppress(ClusterError):
            self.cluster.delete()
            self.cluster.forget()

    def reset(self) -> None:
        """Remove the cluster: `check` makes another in its place."""
        self.cluster.delete()

    def check(self) -> None:
        """Make a new cluster where there is none; the nodes of one that is there must run still."""
        if not self.cluster.running:
            self.start()
        if (state := self.cluster.status().state) != "ready":
            raise ClusterError(f"The cluster is {state}.")

    def network(self, _name: str) -> list[str]:
        """No words: what runs on this machine reaches the cluster by its door."""
        return []

    def examiner_env(self) -> dict[str, str]:
        """The administrator's kubeconfig, and the door."""
        return self.cluster.env()

    def student_env(self, shared: Path) -> dict[str, str]:
        """A copy of the student's kubeconfig, and the door."""
        return self.cluster.env() | copy_for_student(self.cluster.student_kubeconfig(), shared)

    def runtimes(self) -> list[int]:
        """None that this process may look into: they are Docker's."""
        return []

    def processes(self) -> set[int]:
        """None: they are Docker's."""
        return set()
