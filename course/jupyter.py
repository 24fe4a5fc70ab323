"""`lab start`: a cluster, and JupyterLab inside its network, that end together."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from course import launching, paths, processes, signals
from course.cluster import events
from course.errors import ClusterError, JupyterError, UsageError

if TYPE_CHECKING:
    from course.cluster.base import Cluster

FIRST_PORT = 8888
_SERVER_UP_WITHIN, _SERVER_ENDS_WITHIN = 60.0, 8.0
_LOOK_AGAIN = 0.05


def start(name: str, nodes: int, kind: str, lang: str, port: int | None, *, browser: bool) -> int:
    """Runs until JupyterLab or the cluster ends, or somebody asks for the end.

    Args:
        name: the cluster's name; one that runs already is used, and left running.
        nodes: how many machines a new cluster has.
        kind: where a new cluster comes from; empty: what the one of that name is.
        lang: the language of the lessons.
        port: the port of JupyterLab; None: 8888 or the next free one.
        browser: open a browser at JupyterLab's address.

    Returns:
        the exit code: 0 when a person ended it.

    Raises:
        LabError: what could not be started; nothing is left running then.
    """
    lessons = paths.notebooks(lang)
    chosen = _free_port(port)
    with _signals() as asked_to_end:
        cluster, started_here = launching.start(name, nodes, kind, with_caller=True)
        try:
            server = _Server(cluster, lessons, chosen)
            try:
                server.wait_up()
                _welcome(server.address, started_here, cluster.name)
                if browser:
                    _open_browser(server.address)
                return _until_one_ends(cluster, server, asked_to_end)
            finally:
                asked_to_end.deaf = True
                server.end()
        finally:
            asked_to_end.deaf = True
            if started_here:
                cluster.delete()
                click.echo("The cluster is gone.", err=True)


class _EndRequest:
    """Signals turned into a descriptor to wait on; before the waiting begins, into an exception."""

    def __init__(self) -> None:
        self.reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        self.waiting = False
        self.deaf = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self.deaf:
            click.echo("Ending already ...", err=True)
        elif self.waiting:
            self._wake(b"end")
        else:
            self.deaf = True  # the first one undoes what was started; no other may stop that
            raise KeyboardInterrupt

    def child_ended(self, _number: int, _frame: FrameType | None) -> None:
        """SIGCHLD: maybe of an orphan that this process adopted and must reap."""
        if self.waiting:
            self._wake(b"child")

    def _wake(self, word: bytes) -> None:
        with contextlib.suppress(BlockingIOError):  # full: the reader is about to wake anyway
            self._writing.send(word)

    def asked(self) -> bool:
        """Takes what was sent; True when one of it was the request to end."""
        return b"end" in self.reading.recv(4096)


@contextmanager
def _signals() -> Iterator[_EndRequest]:
    request = _EndRequest()
    handlers = dict.fromkeys(signals.ENDING, request.__call__) | {
        signal.SIGCHLD: request.child_ended
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield request
    finally:
        for number, old in before.items():
            # Deaf, there is nothing left to stop but our own last words: the earlier handler would
            # make one more Ctrl-C a traceback, or another exit code than that of the first.
            ends = request.deaf and number in signals.ENDING
            signal.signal(number, signal.SIG_IGN if ends else old)


def _until_one_ends(cluster: Cluster, server: _Server, request: _EndRequest) -> int:
    lifeline = cluster.lifeline()
    if lifeline is None:
        raise _cluster_died(cluster)
    request.waiting = True
    poll = select.poll()
    poll.register(request.reading, select.POLLIN)
    with contextlib.ExitStack() as stack:
        for pid in (lifeline.pid, server.pid):
            with contextlib.suppress(ProcessLookupError):  # the look below finds what ended already
                fd = os.pidfd_open(pid)
                stack.callback(os.close, fd)
                poll.register(fd, select.POLLIN)
        asked = False
        while lifeline.alive() and server.code() is None and not asked:
            ready = [fd for fd, _ in poll.poll()]
            asked = request.reading.fileno() in ready and request.asked()
            _reap_orphans({lifeline.pid, server.pid})
    if not lifeline.alive():
        raise _cluster_died(cluster)
    code = server.code()
    if code:
        raise JupyterError(
            f"JupyterLab ended with exit code {code}:\n{server.last_words()}",
            f"The whole log is {server.log}.",
        )
    click.echo("\nEnding ..." if code is None else "JupyterLab was shut down.", err=True)
    return 0


def _reap_orphans(known: set[int]) -> None:
    """Waits for adopted children that have ended; those in `known` have their own waiter."""
    for child in processes.zombies_of(os.getpid()):
        if child not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def _cluster_died(cluster: Cluster) -> ClusterError:
    return ClusterError(
        f"the cluster {cluster.name!r} died, so JupyterLab was ended too.",
        f"Its logs are in {cluster.logs}; look there, and start again with: ./lab start",
    )


def _free_port(wanted: int | None) -> int:
    candidates = [wanted] if wanted is not None else [*range(FIRST_PORT, FIRST_PORT + 50), 0]
    for port in candidates:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError as error:
                reason = error.strerror
                continue
            return int(sock.getsockname()[1])
    raise UsageError(
        f"port {wanted} cannot be used: {reason}.",
        "Choose another with --port N, or leave it out to get the next free one.",
    )


class _Server:
    """JupyterLab inside the cluster's network."""

    def __init__(self, cluster: Cluster, lessons: Path, port: int) -> None:
        token = secrets.token_urlsafe(24)
        self.address = f"http://127.0.0.1:{port}/lab?token={token}"
        self._port = port
        self.log = cluster.logs / "jupyter.log"
        self._runtime = cluster.kubeconfig.parent / "run" / "jupyter"
        self._runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "root_dir": lessons,
            "allow_root": os.geteuid() == 0,
        }
        jupyter = [sys.executable, "-P", "-m", "jupyterlab"]
        jupyter += [f"--ServerApp.{key}={value}" for key, value in options.items()]
        # The token goes by the environment: a command line can be read by every user.
        more = {"JUPYTER_TOKEN": token, "JUPYTER_RUNTIME_DIR": str(self._runtime)}
        processes.adopt_orphans()  # what a cell started outlives its kernel; it must not outlive us
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                cluster.shell_argv(jupyter, name="jupyter"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=lessons,
                env=os.environ | cluster.env() | more,
                start_new_session=True,
                preexec_fn=processes.die_with_parent,
            )
        self._cluster = cluster
        self.pid = self._child.pid

    def wait_up(self) -> None:
        """Waits until the server listens."""
        deadline = time.monotonic() + _SERVER_UP_WITHIN
        me = processes.of(self.pid)
        if (
            me
            and events.wait_in_folder(self._runtime, self._listens_soon, me, _SERVER_UP_WITHIN)
            and self._listens(deadline)
        ):
            return
        raise JupyterError(
            f"JupyterLab did not start within {_SERVER_UP_WITHIN:.0f} s:\n{self.last_words()}"
            if me and me.alive()
            else f"JupyterLab did not start:\n{self.last_words()}",
            f"The whole log is {self.log}.",
        )

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
        there = {_pid_of(file) for file in self._runtime.glob("jpserver-*.json")}
        return any(process.pid in there for process in processes.tree(self.pid)) if there else False

    def code(self) -> int | None:
        """The server's exit code; None while it runs."""
        return self._child.poll()

    def last_words(self) -> str:
        """The end of the server's log."""
        with self.log.open(errors="replace") as log:
            return "\n".join(deque((line.rstrip() for line in log), maxlen=8))

    def end(self) -> None:
        """Ends the server, its kernels and terminals, and what these started."""
        if self._child.poll() is None:
            self._child.terminate()  # once: it then shuts its kernels and terminals down
            try:
                self._child.wait(_SERVER_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        processes.end_descendants(but=self._cluster.lifeline())


def running(cluster: Cluster) -> bool:
    """True while a JupyterLab that `lab start` began runs inside the cluster's network."""
    files = (cluster.kubeconfig.parent / "run" / "jupyter").glob("jpserver-*.json")
    return any(processes.of(_pid_of(file)) for file in files)


def _pid_of(file: Path) -> int:
    return int(file.stem.partition("-")[2])


def _welcome(address: str, started_here: bool, name: str) -> None:
    click.echo(f"\nJupyterLab is at\n\n    {address}\n")
    both = "ends JupyterLab and the cluster"
    one = f"ends JupyterLab; the cluster {name!r} ran before and is left running"
    click.echo(f"Ctrl-C {both if started_here else one}.", err=True)
    sys.stdout.flush()


def _open_browser(address: str) -> None:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a browser in the terminal would take the terminal over
    import webbrowser

    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address, new=2)
