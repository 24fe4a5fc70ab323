"""The embedded cluster: podling, which needs no root, no Docker and no namespaces."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from course import disk, locks, processes, signals
from course.cluster import binary, events, machines, starting, tools
from course.cluster.base import Event, Reset, Spec, Status
from course.cluster.control import Control
from course.cluster.state import State
from course.errors import ClusterError, ClusterNotRunningError, UsageError
from course.progress import silent

STOP_WITHIN = 10.0
"""Seconds that the keeper has to end everything, before it is ended."""
_KEEPER_UP_WITHIN = 15.0
_KEEPER_GONE_WITHIN = 1.0
_LOCK_FOR = 120.0
_ROOM = 300 << 20
"""Bytes that a new cluster needs at once: etcd's files and the pods' root file systems."""


class Embedded:
    """One embedded cluster, known by its name; implements course.cluster.base.Cluster."""

    kind = "embedded"

    def __init__(self, name: str = "kubelab") -> None:
        self._state = State(name)
        self._child: subprocess.Popen[bytes] | None = None
        self.made_here = False  # True once this object's `create` has started it
        self._state.folder  # noqa: B018 - a name that cannot be one is refused here

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self._state.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self._state.kubeconfig

    @property
    def student_kubeconfig(self) -> Path:
        """A kubeconfig of user `student`, group `kubelab:students`: RBAC alone gives it rights."""
        return self._state.student_kubeconfig

    @property
    def logs(self) -> Path:
        """The folder of the logs, which outlive the cluster."""
        return self._state.logs

    @property
    def running(self) -> bool:
        """Whether it runs, ready or not."""
        return self.keeper is not None

    @property
    def keeper(self) -> processes.ProcessId | None:
        """The cluster's first process, ancestor of all its others; None when it does not run."""
        return self._state.keeper()

    def lifeline(self) -> processes.ProcessId | None:
        """A process that ends when the cluster does: the keeper."""
        return self.keeper

    def create(self, spec: Spec) -> bool:
        """Starts the cluster; returns False where it runs already, with as many nodes.

        What a crash left of a cluster of this name is removed first. Does not wait until it is ready.
        """
        binaries = binary.ensure(spec.progress or silent)
        with self._locked():
            if self._runs_well():
                self._same_as_running(spec)
                return False
            self._end()
            disk.need(self._state.folder, _ROOM, "a new cluster")
            self._state.write_spec(spec, binaries, tools.executors(spec.executor))
            try:
                self._spawn(binaries / "podling", with_caller=spec.with_caller)
                self.made_here = True
            except BaseException:  # Ctrl-C too: nobody else knows of the keeper yet
                self._abandon()
                raise
            return True

    def _runs_well(self) -> bool:
        """False where there is no keeper, or one that only stays to say why it failed."""
        return self.keeper is not None and self.status().state in ("starting", "ready")

    def _locked(self) -> AbstractContextManager[None]:
        doing = f"starting or ending the cluster {self.name!r}"
        return locks.held(self._lock_file, _LOCK_FOR, doing)

    @property
    def _lock_file(self) -> Path:
        return self._state.folder.parent / f".{self.name}.lock"

    def _same_as_running(self, spec: Spec) -> None:
        nodes = self._state.spec().get("nodes", spec.nodes)
        if nodes != spec.nodes:
            raise UsageError(
                f"the cluster {self.name!r} runs already, with {nodes} node(s), not {spec.nodes}.",
                f"End it first: ./lab down --name {self.name}. Or take another: --name NAME",
            )

    def _spawn(self, podling: Path, *, with_caller: bool) -> None:
        """Starts the keeper on its own: no terminal, no pipe of the caller, no signal of its group."""
        log_path = self._state.logs / "keeper.log"
        kept_out = ("KUBECONFIG", "NOTIFY_SOCKET", "JPY_PARENT_PID")
        env = {k: v for k, v in os.environ.items() if k not in kept_out}
        with log_path.open("wb") as log, signals.held_back() as have_own_signals:

            def prepare() -> None:
                have_own_signals()
                if with_caller:
                    processes.die_with_parent()

            self._child = subprocess.Popen(
                [podling, "keep", self._state.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._state.folder,
                env=env,
                start_new_session=True,
                preexec_fn=prepare,
            )
        started = processes.of(self._child.pid)
        # The keeper's last step before its work: its sockets answer by then.
        if started and events.wait_for_file(self._state.identity, started, _KEEPER_UP_WITHIN):
            return
        said = self._state.last_words("keeper")
        raise ClusterError(
            f"the cluster {self.name!r} did not start: its keeper "
            + (f"said: {said}" if said else "ended, or did not answer, without a word.")
            + disk.complaint(self._state.folder),
            f"The log is {log_path}. Look at the machine with: ./lab doctor",
        )

    def _abandon(self) -> None:
        """Ends a keeper that has not come up, which may not answer yet, and removes the state."""
        if self._child:
            if started := processes.of(self._child.pid):
                processes.kill_tree(started, 5)
            self._child.wait(5)
        self._state.remove()

    def wait_ready(
        self, timeout: float = 120, on_event: Callable[[Event], None] | None = None
    ) -> Status:
        """Waits up to `timeout` seconds until a pod can run.

        Raises:
            ClusterError: it failed; the message has the reason that the keeper gave.
            ClusterTimeoutError: it did not get there; the message has what was last seen.
        """
        last = None
        with contextlib.suppress(
            ClusterNotRunningError
        ):  # ended already: said below, with the reason
            for event in self._control().wait(timeout):
                last = event
                if on_event:
                    on_event(event)
        if last and last.stage == "ready":
            return self.status()
        reason = f"{last.stage}: {last.message}" if last else "no reason given"
        keeper, failed = self.keeper, last is not None and last.stage == "failed"
        # One that failed stays to say why; of one that was killed, the connection may end before it.
        if not keeper or (not failed and keeper.wait(_KEEPER_GONE_WITHIN)):
            reason = f"its keeper ended; it said last: {self._state.last_words('keeper')}"
        raise ClusterError(
            f"the cluster {self.name!r} could not start: {reason.rstrip('.')}."
            + disk.complaint(self._state.folder),
            f"The logs are in {self.logs}. Look at the machine with: ./lab doctor",
        )

    def _control(self) -> Control:
        if not self.keeper:
            raise ClusterNotRunningError(
                f"the cluster {self.name!r} is not running.",
                "Start it with: ./lab up"
                + ("" if self.name == "kubelab" else f" --name {self.name}"),
            )
        return Control(self._state.control_socket)

    def delete(self) -> bool:
        """Ends the cluster and removes its state but its logs; returns False where there was none.

        A keeper that does not end within STOP_WITHIN seconds is killed with all its descendants.
        """
        with self._locked():
            return self._end()

    def _end(self) -> bool:
        keeper = self.keeper
        if keeper:
            self._stop(keeper)
        was_there = keeper is not None or self._state.condition() == "broken"
        self._state.remove()
        return was_there

    def forget(self) -> None:
        """Removes what `delete` leaves, the logs, of a cluster whose name is not used again."""
        shutil.rmtree(self._state.folder, ignore_errors=True)
        self._lock_file.unlink(missing_ok=True)

    def _stop(self, keeper: processes.ProcessId) -> None:
        deadline = time.monotonic() + STOP_WITHIN
        try:
            self._control().stop(STOP_WITHIN)
        except ClusterError:  # it hangs, or ended while it answered
            deadline = min(deadline, time.monotonic() + 1)
        if not keeper.wait(max(0.0, deadline - time.monotonic())):
            left = processes.kill_tree(keeper, 5)
            if left:
                pids = ", ".join(str(p.pid) for p in left)
                raise ClusterError(
                    f"these processes of the cluster {self.name!r} do not end: {pids}.",
                    "Look what they wait for: cat /proc/PID/wchan",
                )
        if self._child:
            self._child.wait(5)

    def status(self) -> Status:
        """What the cluster is now; its state is 'absent' where there is none."""
        if self.keeper:
            return self._control().status()
        said = {"broken": "a crash left its state half-written; ./lab up or ./lab down clears it"}
        return Status(self.name, "absent", said.get(self._state.condition(), "not running"))

    def load_image(self, archive: Path) -> None:
        """Brings an image archive (OCI or docker-save) to every node."""
        if not archive.is_file():
            raise UsageError(f"there is no image archive {archive}.")
        self._control().load_image(archive.resolve())

    def node_argv(self, node: str, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` on a node, in its network and among its files.

        The keeper starts it: a process in the cluster's network already cannot change into the node's.
        An empty name means the first node.
        """
        machine = machines.find(self._state, self._control().status(), node)
        command = self._launch("node", machine.name, machine.argv(argv), *machine.launch)
        errand = [command[0], "errand", str(self._state.errand_socket), "/usr/bin/env"]
        return [*errand, *(f"{name}={value}" for name, value in machine.env().items()), *command]

    def node_run(
        self, node: str, argv: Sequence[str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command on a node; returns its output and exit code."""
        command = self.node_argv(node, argv)
        env = os.environ | self.env()
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=env, check=False
        )

    def reset(self) -> Status:
        """Brings the cluster back to what it was when new, by making it anew from its own spec.

        What runs inside the cluster's network, a JupyterLab too, ends with the old one.
        """
        old = self._state.spec()
        if not old:
            self._control()  # says that it is not running
        self.delete()
        self.create(self._state.as_spec(old))
        return self.wait_ready()

    def save_baseline(self) -> None:
        """Remembers what the cluster is now as its pristine state, once its controllers are at rest.

        Raises:
            ClusterError: there are pods, or something keeps changing; the message says what.
        """
        self._control().save_baseline()

    def reset_to_baseline(self) -> Reset:
        """Brings the cluster back to its baseline, within some 0.1 s: no process of it starts anew.

        Raises:
            ClusterError: it could not be verified that it is there; the cluster is of no use any more.
        """
        return self._control().reset()

    def differs_from_baseline(self) -> list[str]:
        """What is not as the baseline has it; empty where the cluster is pristine."""
        return self._control().verify()

    def shell_argv(self, argv: Sequence[str], name: str = "shell") -> list[str]:
        """The command that runs `argv` inside the cluster's network."""
        return self._launch("lab", name, argv)

    def _launch(self, context: str, name: str, argv: Sequence[str], *options: str) -> list[str]:
        self._control()  # says that it is not running
        launcher = Path(self._state.spec().get("bin", "")) / "podling-launch"
        if not launcher.is_file():
            raise ClusterError(
                f"the cluster {self.name!r} runs, but its {launcher.name} is not where "
                f"{self._state.spec_file} says: files of it were removed.",
                f"Make it anew: ./lab down --name {self.name}, then ./lab up --name {self.name}",
            )
        socket = str(self._state.launch_socket)
        head = [str(launcher), "launch", "--socket", socket, "--context", context, "--name", name]
        return [*head, *options, "--", *argv]

    def env(self) -> dict[str, str]:
        """KUBECONFIG, the cluster's name, and PATH with this environment's programs first."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "KUBELAB_CLUSTER": self.name,
            "PATH": tools.search_path(),
        }


def start(
    spec: Spec, timeout: float = 120, on_event: Callable[[Event], None] | None = None
) -> tuple[Embedded, bool]:
    """course.cluster.starting.start of an embedded cluster; returns it too."""
    cluster = Embedded(spec.name)
    return cluster, starting.start(cluster, spec, timeout, on_event)
