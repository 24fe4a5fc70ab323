"""`lab start`: a cluster, and a notebook server inside its network, that end together."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from course import launching, paths, processes, signals
from course.errors import ClusterError, LabError, UsageError
from course.server import JupyterLab, Server

if TYPE_CHECKING:
    from course.cluster.base import Cluster

FIRST_PORT = 8888
_AnyServer = TypeVar("_AnyServer", bound=Server)


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
    _free_port(port)  # one that cannot be had is said before a cluster is started for nothing
    with _signals() as request:
        cluster, ours = launching.start(name, nodes, kind, with_caller=True)
        with (
            _cluster_ends(cluster if ours else None, request),
            # The port is chosen now: one that was free before may have been taken meanwhile.
            _server_ends(JupyterLab(cluster, lessons, _free_port(port), lang), request) as server,
        ):
            server.wait_up()
            _welcome(server.address, ours, cluster.name)
            if browser:
                _open_browser(server.address)
            code = _until_one_ends(cluster, server, request)
            if code:
                raise server.failure(f"JupyterLab ended with exit code {code}")
            click.echo("\nEnding ..." if code is None else "JupyterLab was shut down.", err=True)
    return 0


def start_command(name: str, nodes: int, kind: str, command: Sequence[str]) -> int:
    """Runs a notebook server of the caller's, as Binder and JupyterHub have one, in the cluster's network.

    Where there can be no cluster, the server runs all the same: who cannot open JupyterLab cannot look
    for the reason either. The other arguments are those of `start`.

    Returns:
        the server's exit code; 0 when somebody asked for the end.
    """
    with _signals() as request:
        try:
            cluster, ours = launching.start(name, nodes, kind, with_caller=True)
        except LabError as error:
            click.echo(f"ERROR: {error}\n{command[0]} starts without a cluster.", err=True)
            _become(command)
        with (
            _cluster_ends(cluster if ours else None, request),
            _server_ends(Server(cluster, command, Path.cwd()), request) as server,
        ):
            return _until_one_ends(cluster, server, request) or 0


def _become(command: Sequence[str]) -> NoReturn:
    env = os.environ | paths.jupyter_env()
    os.execvpe(command[0], list(command), env)  # noqa: S606 - the very purpose


@contextmanager
def _cluster_ends(cluster: Cluster | None, request: _EndRequest) -> Iterator[None]:
    try:
        yield
    finally:
        request.deaf = True
        if cluster:
            cluster.delete()
            click.echo("The cluster is gone.", err=True)


@contextmanager
def _server_ends(server: _AnyServer, request: _EndRequest) -> Iterator[_AnyServer]:
    try:
        yield server
    finally:
        request.deaf = True
        server.end()


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


def _until_one_ends(cluster: Cluster, server: Server, request: _EndRequest) -> int | None:
    """Returns the server's exit code, or None when somebody asked for the end."""
    lifeline = cluster.lifeline()
    if lifeline is None:
        raise _cluster_died(cluster)
    request.waiting = True
    if signals.lost():
        raise KeyboardInterrupt
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
    return server.code()


def _reap_orphans(known: set[int]) -> None:
    """Waits for adopted children that have ended; those in `known` have their own waiter."""
    for child in processes.zombies_of(os.getpid()):
        if child not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def _cluster_died(cluster: Cluster) -> ClusterError:
    return ClusterError(
        f"the cluster {cluster.name!r} died, so its notebook server was ended too.",
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
