"""A notebook server inside a cluster's network: JupyterLab, or a command of the caller's."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from course import paths, processes
from course.cluster import events
from course.errors import JupyterError

if TYPE_CHECKING:
    from course.cluster.base import Cluster

_UP_WITHIN, _ENDS_WITHIN = 120.0, 8.0
_LOOK_AGAIN = 0.05


class Server:
    """A process inside the cluster's network that ends with this one.

    Args:
        argv: its command.
        folder: where it is started.
        env: variables beside this process's own and the cluster's.
        log: the file of what it says; None: it says it where this process does.
        lang: the language that JupyterLab speaks; empty: that of the machine.
    """

    def __init__(
        self,
        cluster: Cluster,
        argv: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        lang: str = "",
    ) -> None:
        self.log = log
        self.runtime = _runtime(cluster)
        self.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        more = {
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            **paths.jupyter_env(lang),
            **(env or {}),
        }
        processes.adopt_orphans()  # what a cell started outlives its kernel; it must not outlive us
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log else None
            self._child = subprocess.Popen(
                cluster.shell_argv(argv, name="jupyter"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=os.environ | cluster.env() | more,
                start_new_session=True,
                preexec_fn=processes.die_with_parent,
            )
        self._cluster = cluster
        self.pid = self._child.pid

    def code(self) -> int | None:
        """The server's exit code; None while it runs."""
        return self._child.poll()

    def failure(self, what: str) -> JupyterError:
        """An error that holds the end of what the server said, where there is a log of it."""
        if self.log is None:
            return JupyterError(f"{what}.", "What it said is above.")
        with self.log.open(errors="replace") as log:
            words = "\n".join(deque((line.rstrip() for line in log), maxlen=8))
        return JupyterError(f"{what}:\n{words}", f"The whole log is {self.log}.")

    def end(self) -> None:
        """Ends the server, its kernels and terminals, and what these started."""
        if self._child.poll() is None:
            self._child.terminate()  # once: it then shuts its kernels and terminals down
            try:
                self._child.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        processes.end_descendants(but=self._cluster.lifeline())


class JupyterLab(Server):
    """JupyterLab on the lessons.

    Attributes:
        address: what to open in a browser; it holds the token.
    """

    def __init__(self, cluster: Cluster, lessons: Path, port: int, lang: str) -> None:
        token = secrets.token_urlsafe(24)
        self.address = f"http://127.0.0.1:{port}/lab/tree/{paths.START_PAGE}?token={token}"
        self._port = port
        options = {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "root_dir": lessons,
            "allow_root": os.geteuid() == 0,
        }
        argv = [sys.executable, "-P", "-m", "jupyterlab"]
        argv += [f"--ServerApp.{key}={value}" for key, value in options.items()]
        # The token goes by the environment: a command line can be read by every user.
        log = cluster.logs / "jupyter.log"
        super().__init__(cluster, argv, lessons, {"JUPYTER_TOKEN": token}, log, lang)

    def wait_up(self) -> None:
        """Waits until the server listens."""
        deadline = time.monotonic() + _UP_WITHIN
        me = processes.of(self.pid)
        if (
            me
            and events.wait_in_folder(self.runtime, self._listens_soon, me, _UP_WITHIN)
            and self._listens(deadline)
        ):
            return
        late = f" within {_UP_WITHIN:.0f} s" if me and me.alive() else ""
        raise self.failure(f"JupyterLab did not start{late}")

    def _listens(self, deadline: float) -> bool:
        """Waits until the port takes connections, which nothing announces."""
        while self.code() is None and time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError, TimeoutError):
                socket.create_connection(("127.0.0.1", self._port), _LOOK_AGAIN).close()
                return True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(_LOOK_AGAIN)
        return False

    def _listens_soon(self) -> bool:
        """The server has written the file with its pid in its name; it listens a moment later."""
        # The server is our child, or below it where its launcher stays: podling's launch/guard.go.
        there = {_pid_of(file) for file in self.runtime.glob("jpserver-*.json")}
        return any(process.pid in there for process in processes.tree(self.pid)) if there else False


def running(cluster: Cluster) -> bool:
    """True while a notebook server that `lab start` began runs inside the cluster's network."""
    return any(processes.of(_pid_of(file)) for file in _runtime(cluster).glob("jpserver-*.json"))


def _runtime(cluster: Cluster) -> Path:
    return cluster.kubeconfig.parent / "run" / "jupyter"


def _pid_of(file: Path) -> int:
    return int(file.stem.partition("-")[2])
