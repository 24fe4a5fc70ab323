"""The kind cluster: unmodified kind on Docker or Podman."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from course import locks, processes
from course.cluster import tools
from course.cluster.base import Component, Event, Spec, Status
from course.cluster.kind import command, config, creating, engine, furnish, image, nodes, student
from course.cluster.state import State
from course.door import VARIABLE as DOOR_VARIABLE
from course.errors import ClusterError, ClusterNotRunningError, ClusterTimeoutError, UsageError
from course.progress import Progress, silent

_CREATE_WITHIN, _DELETE_WITHIN, _LOCK_FOR = 300.0, 60.0, 300.0


def prepare(progress: Progress, nodes: int = 1) -> None:
    """Brings what a start would have to pull or build first: kind, the node image, the nodes' program."""
    chosen = engine.find(nodes)
    command.ensure(progress)
    image.ensure(chosen, progress)
    furnish.ensure(progress)


class Kind:
    """One kind cluster, known by its name; implements course.cluster.base.Cluster."""

    kind = "kind"

    def __init__(self, name: str = "kubelab") -> None:
        self._state = State(name)
        self._creating: subprocess.Popen[str] | None = None
        self._waiting: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()
        self.made_here = False  # True once this object's `create` has started it
        self._state.folder  # noqa: B018 - a name that cannot be one is refused here

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self._state.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; the user's own is never touched."""
        return self._state.kubeconfig

    def student_kubeconfig(self) -> Path:
        """The student's kubeconfig, whose user has no rights of its own; made when it is first asked for."""
        target = self._state.student_kubeconfig
        if not target.is_file():
            student.write(self._engine(), self._nodes()[0], self.kubeconfig, target)
        return target

    @property
    def logs(self) -> Path:
        """The folder of the logs, which outlive the cluster."""
        return self._state.logs

    @property
    def running(self) -> bool:
        """Whether its nodes run."""
        return bool(self._state.spec()) and any(nodes.states(self._engine(), self.name).values())

    def lifeline(self) -> processes.ProcessId | None:
        """A process that ends when the first node does: `docker wait`, of ours."""
        if not self.running:
            return None
        if self._waiting is None or self._waiting.poll() is not None:
            self._waiting = subprocess.Popen(
                self._engine().argv("wait", self._nodes()[0]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=processes.die_with_parent,
            )
        return processes.of(self._waiting.pid)

    def create(self, spec: Spec) -> bool:
        """Starts `kind create`; returns False where the cluster runs already, with as many nodes.

        Raises:
            ToolError: Docker, Podman or kind cannot be used; says why.
            UsageError: there is a kind cluster of this name that the lab did not make.
        """
        progress = spec.progress or silent
        chosen = engine.find(spec.nodes)
        program = command.ensure(progress)
        with self._locked():
            if self.running:
                self._same_as_running(spec)
                return False
            self._refuse_strangers(chosen)
            self._end()
            of_nodes = image.ensure(chosen, progress)
            tools_of_nodes = furnish.ensure(progress)
            self._state.write_spec(
                spec, tools_of_nodes, {"provider": self.kind, "engine": chosen.name}
            )
            self._began, self.made_here = time.monotonic(), True
            document = config.document(spec, of_nodes, chosen.cgroup)
            self._creating = creating.spawn(
                program, self.name, document, self.kubeconfig, chosen.name
            )
            return True

    def _refuse_strangers(self, chosen: engine.Engine) -> None:
        if not self._state.spec() and (found := engine.containers(chosen, self.name)):
            raise UsageError(
                f"there is a kind cluster {self.name!r} ({', '.join(found)}) that this lab did not make.",
                f"Take another name: --name NAME. Or remove it: kind delete cluster --name {self.name}",
            )

    def _same_as_running(self, spec: Spec) -> None:
        there = self._state.spec().get("nodes", spec.nodes)
        if there != spec.nodes:
            raise UsageError(
                f"the cluster {self.name!r} runs already, with {there} node(s), not {spec.nodes}.",
                f"End it first: ./lab down --name {self.name}. Or take another: --name NAME",
            )

    def _locked(self) -> AbstractContextManager[None]:
        lock = self._state.folder.parent / f".{self.name}.lock"
        return locks.held(lock, _LOCK_FOR, f"starting or ending the cluster {self.name!r}")

    def wait_ready(
        self, timeout: float = _CREATE_WITHIN, on_event: Callable[[Event], None] | None = None
    ) -> Status:
        """Waits up to `timeout` seconds until a pod can run and names are found.

        Raises:
            ClusterError: kind failed; its own words are in the message.
            ClusterTimeoutError: it did not get there; the message has what was last seen.
        """
        end = time.monotonic() + timeout

        def say(stage: str, message: str) -> None:
            if on_event:
                on_event(Event(time.monotonic() - self._began, stage, message))

        if self._creating:
            words = creating.follow(self._creating, self.logs / "kind.log", end, say)
            self._creating = None
            if words:
                raise self._failed(words, late=time.monotonic() >= end)
            furnish.furnish(self._engine(), self._nodes(), self._state.spec())
            say("node tools", "the registry, the mirror and the load balancer begin")
        creating.wait_ready(self.name, self.kubeconfig, end, say)
        return self.status()

    def _failed(self, words: str, *, late: bool) -> ClusterError:
        """What is said of a `kind create` that failed; nothing of the cluster is left."""
        self.delete()
        log = f"The log is {self.logs / 'kind.log'}."
        if late:
            return ClusterTimeoutError(
                f"kind had not made the cluster {self.name!r} in time; it said last:\n{words}", log
            )
        return ClusterError(
            f"kind could not make the cluster {self.name!r}:\n{words}",
            f"{log} Look at the machine with: ./lab doctor",
        )

    def delete(self) -> bool:
        """Ends the cluster and removes its state but its logs; returns False where there was none."""
        with self._locked():
            return self._end()

    def _end(self) -> bool:
        for child in (self._creating, self._waiting):
            if child and child.poll() is None:
                child.kill()
                child.wait()
        spec = self._state.spec()
        if not spec:
            return False
        self.remove(self.name, self._engine(), self.kubeconfig)
        self._state.remove()
        return True

    @staticmethod
    def remove(name: str, used: engine.Engine, kubeconfig: Path | None = None) -> None:
        """Removes a cluster's nodes, and what a kubeconfig has of it.

        Raises:
            ClusterError: kind failed; its own words are in the message.
        """
        argv = [str(command.ensure()), "delete", "cluster", "--name", name]
        done = subprocess.run(
            [*argv, "--kubeconfig", str(kubeconfig or os.devnull)],
            env=command.env(used.name),
            capture_output=True,
            text=True,
            timeout=_DELETE_WITHIN,
            check=False,
        )
        if done.returncode:
            raise ClusterError(f"kind could not remove {name!r}: {done.stderr.strip()}")

    def forget(self) -> None:
        """Removes what `delete` leaves, the logs, of a cluster whose name is not used again."""
        shutil.rmtree(self._state.folder, ignore_errors=True)
        (self._state.folder.parent / f".{self.name}.lock").unlink(missing_ok=True)

    def status(self) -> Status:
        """What the cluster is now; its state is 'absent' where there is none."""
        if not self._state.spec():
            return Status(self.name, "absent", "not running")
        states = nodes.states(self._engine(), self.name)
        parts = tuple(
            Component(name, "running" if up else "stopped") for name, up in states.items()
        )
        if not any(states.values()):
            return Status(self.name, "absent", "its nodes do not run", components=parts)
        known = nodes.of_api(self.kubeconfig)
        ready = len(known) == len(states) and all(node.ready for node in known)
        return Status(
            self.name,
            "ready" if ready else "starting",
            kubeconfig=str(self.kubeconfig),
            nodes=known,
            components=parts,
        )

    def _door(self) -> str:
        """Where this machine reaches the first node's door; empty while there is no such node."""
        if not (names := self._nodes()):
            return ""
        said = self._engine().run("port", names[0], f"{config.DOOR}/tcp")
        return f"http://{said.split()[0]}" if said.split() else ""

    def _engine(self) -> engine.Engine:
        return engine.Engine(str(self._state.spec().get("engine", "docker")), 0, 0)

    def _nodes(self) -> list[str]:
        return list(engine.containers(self._engine(), self.name))

    def load_image(self, archive: Path) -> None:
        """Brings an image archive (OCI or docker-save) to every node."""
        if not archive.is_file():
            raise UsageError(f"there is no image archive {archive}.")
        for node in self._nodes():
            with archive.open("rb") as data:
                self._into(node, data, "ctr", "--namespace=k8s.io", "images", "import", "-")

    def _into(self, node: str, data: IO[bytes], *argv: str) -> None:
        command_line = self._engine().argv("exec", "--interactive", node, *argv)
        done = subprocess.run(
            command_line, stdin=data, capture_output=True, timeout=300, check=False
        )
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip()
            raise ClusterError(f"`{' '.join(argv)}` failed on {node}: {words}")

    def node_argv(self, node: str, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` on a node; an empty name means the first one.

        Raises:
            UsageError: the cluster has no such node.
        """
        names = self._nodes()
        if not names:
            self._not_running()
        fitting = [n for n in names if node in ("", n)]
        if not fitting:
            fitting = [n.name for n in nodes.of_api(self.kubeconfig) if n.address == node]
        if not fitting:
            there = ", ".join(names)
            raise UsageError(f"the cluster {self.name!r} has no node {node!r}; it has: {there}.")
        return self._engine().argv("exec", "--interactive", fitting[0], *argv)

    def node_run(
        self, node: str, argv: Sequence[str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command on a node; returns its output and exit code."""
        command_line = self.node_argv(node, argv)
        return subprocess.run(
            command_line, input=stdin, capture_output=True, text=True, check=False
        )

    def reset(self) -> Status:
        """Brings the cluster back to what it was when new, by making it anew from its own spec."""
        old = self._state.spec()
        if not old:
            self._not_running()
        self.delete()
        self.create(self._state.as_spec(old))
        return self.wait_ready()

    def _not_running(self) -> None:
        raise ClusterNotRunningError(
            f"the cluster {self.name!r} is not running.",
            f"Start it with: ./lab up --cluster kind --name {self.name}",
        )

    def shell_argv(self, argv: Sequence[str], name: str = "shell") -> list[str]:
        """The command itself: what runs on this machine reaches the nodes, but no Pod's address."""
        return list(argv)

    def env(self) -> dict[str, str]:
        """KUBECONFIG, the cluster's name and door, and PATH with this environment's programs first."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "KUBELAB_CLUSTER": self.name,
            DOOR_VARIABLE: self._door(),
            "PATH": tools.search_path(),
        }
