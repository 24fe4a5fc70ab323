"""Where submissions run: a cluster that is as new for each of them, or none for exercises without one."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Literal, Protocol

from course import kubectl, processes
from course.cluster import embedded
from course.cluster.base import Spec
from course.cluster.embedded import Embedded
from course.errors import ClusterError

_MANIFEST = Path(__file__).parent / "manifests" / "student.yaml"
_ENFORCED_WITHIN = 20.0
_READY_WITHIN = 120.0
# Between two tries: the apiserver tells nobody that it has learnt a rule.
_PAUSE = 0.2


def start_cluster(
    name: str, images: Path | None, executor: Literal["userns", "auto"] = "auto"
) -> Embedded:
    """A new cluster with the course's images; it ends with this process."""
    spec = Spec(name=name, executor=executor, images=images, with_caller=True)
    return embedded.start(spec, _READY_WITHIN)[0]


def end_cluster(cluster: Embedded) -> None:
    """End it, and leave nothing of it."""
    cluster.delete()
    cluster.forget()


def give_rights(student: Path) -> None:
    """Give the user of that kubeconfig a student's rights; return when the apiserver refuses what it must.

    It learns the rules by a watch. The administrator's kubeconfig is this process's own.
    """
    kubectl.run(["apply", "--filename", str(_MANIFEST)]).check()
    who = ["--kubeconfig", str(student), "--dry-run=server", "--output=name"]
    forbidden = [
        ["create", "configmap", "probe", "--namespace=kube-public"],
        ["run", "probe", "--image=probe", '--overrides={"spec": {"hostPID": true}}'],
    ]
    end = time.monotonic() + _ENFORCED_WITHIN
    for command in forbidden:
        while "ValidatingAdmissionPolicy" not in (said := kubectl.run([*command, *who]).stderr):
            if time.monotonic() > end:
                raise ClusterError(
                    f"The student's rights are not enforced; the last answer: {said}"
                )
            time.sleep(_PAUSE)


def copy_for_student(kubeconfig: Path, shared: Path) -> dict[str, str]:
    """The variables that make a copy of a kubeconfig the student's: contexts are there to be changed."""
    copy = shared / "kubeconfig"
    shutil.copyfile(kubeconfig, copy)
    return {"KUBECONFIG": str(copy)}


class Place(Protocol):
    """What a worker needs of it."""

    def start(self) -> None:
        """Make it; raises LabError."""

    def end(self) -> None:
        """End it, and leave nothing."""

    def reset(self) -> None:
        """Make it as new; raises ClusterError where that cannot be verified."""

    def check(self) -> None:
        """Look whether it is as new still; raises ClusterError where it is not."""

    def network(self, name: str) -> list[str]:
        """The words that precede a command to run it in the cluster's network."""

    def examiner_env(self) -> dict[str, str]:
        """The examiner's variables."""

    def student_env(self, shared: Path) -> dict[str, str]:
        """The student's variables; their kubeconfig is put into the folder."""

    def runtimes(self) -> list[int]:
        """The processes below which the Pods' are."""

    def processes(self) -> set[int]:
        """The processes that belong here when no submission runs."""


class NoCluster:
    """For exercises that need no cluster."""

    def start(self) -> None:
        """There is nothing to start."""

    def end(self) -> None:
        """There is nothing to end."""

    def reset(self) -> None:
        """There is nothing to reset."""

    def check(self) -> None:
        """There is nothing to look at."""

    def network(self, _name: str) -> list[str]:
        """No words: there is no cluster's network."""
        return []

    def examiner_env(self) -> dict[str, str]:
        """No variables."""
        return {}

    def student_env(self, _shared: Path) -> dict[str, str]:
        """No variables."""
        return {}

    def runtimes(self) -> list[int]:
        """None."""
        return []

    def processes(self) -> set[int]:
        """None."""
        return set()


class GradingCluster:
    """An embedded cluster with two users: the examiner, who may all, and the student."""

    def __init__(self, images: Path | None, *, isolated: bool) -> None:
        self.images, self.cluster = images, Embedded("grading")
        # PRoot is no wall: where the student's code is behind one, so are the Pods'.
        self.executor: Literal["userns", "auto"] = "userns" if isolated else "auto"
        self._runtimes: list[int] = []

    def start(self) -> None:
        """Start the cluster, give the student's user its rights, and remember this state as the new one."""
        self.cluster = start_cluster(self.cluster.name, self.images, self.executor)
        os.environ.update(self.cluster.env())
        give_rights(self.cluster.student_kubeconfig)
        self.cluster.save_baseline()

    def end(self) -> None:
        """End the cluster."""
        with contextlib.suppress(ClusterError):
            end_cluster(self.cluster)

    def reset(self) -> None:
        """Bring the cluster back to what it was after `start`, verified."""
        self.cluster.reset_to_baseline()

    def check(self) -> None:
        """Look at every key again: a controller may have acted after the reset was verified."""
        if left := self.cluster.differs_from_baseline():
            raise ClusterError(f"The cluster is not as new any more: {', '.join(left)}.")

    def network(self, name: str) -> list[str]:
        """Starts a command inside the cluster's network."""
        return self.cluster.shell_argv([], name=name)

    def examiner_env(self) -> dict[str, str]:
        """The administrator's kubeconfig."""
        return self.cluster.env()

    def student_env(self, shared: Path) -> dict[str, str]:
        """A copy of the student's kubeconfig."""
        return copy_for_student(self.cluster.student_kubeconfig, shared)

    def runtimes(self) -> list[int]:
        """The container runtimes, one a node; looked up again when one has been restarted."""
        if not self._runtimes or not all(processes.of(pid) for pid in self._runtimes):
            components = self.cluster.status().components
            self._runtimes = [c.pid for c in components if c.name.startswith("runtime-") and c.pid]
        return self._runtimes

    def processes(self) -> set[int]:
        """The keeper, and all that it keeps."""
        keeper = self.cluster.keeper
        return {p.pid for p in processes.tree(keeper.pid)} if keeper else set()
