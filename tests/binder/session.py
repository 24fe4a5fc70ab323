"""A Binder session: a container of the image with 2 GB, one processor, no privileges and no way out."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from course import memory
from tests.binder.image import Built
from tests.confined import container, daemon

PORT = 8888
ADDRESS = "10.20.30.40"
"""The session's own, as a pod's: a hub reaches the server there, not at 127.0.0.1."""
READY_WITHIN = 120.0
_EVERY = 0.25  # seconds between two looks at the memory


@dataclass
class Session:
    """A container that runs binder/start.

    Attributes:
        name: the container's.
        token: what JupyterLab asks for.
        peak: the most memory that was in use at once, in bytes, since somebody watches.
    """

    docker: daemon.Docker
    name: str
    token: str
    peak: int = 0
    _watched: threading.Event = field(default_factory=threading.Event)

    def run(self, *argv: str, timeout: float = 120) -> str:
        """What a command in the session prints, as in a terminal of JupyterLab."""
        done = self.tried(*argv, timeout=timeout)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}\n{self.log()}"
        return done.stdout

    def tried(self, *argv: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs a command in the session."""
        command = self.docker.argv("exec", self.name, *argv)
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def kubectl(self, *words: str) -> str:
        """What kubectl prints in the session's cluster."""
        return self.run("python", "-m", "course", "shell", "--", "kubectl", *words)

    def log(self) -> str:
        """What the session's own processes said."""
        done = subprocess.run(
            self.docker.argv("logs", "--timestamps", self.name),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout

    def wait(self, words: str) -> float:
        """Waits until a line of the log holds the words; seconds from the container's start to that line."""
        began = self.began()
        follow = self.docker.argv("logs", "--timestamps", "--follow", f"--since={began}", self.name)
        with subprocess.Popen(
            follow, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as child:  # fmt: skip
            late = threading.Timer(READY_WITHIN, child.kill)
            late.start()
            try:
                assert child.stdout
                for line in child.stdout:
                    if words in line:
                        return _seconds(began, line.partition(" ")[0])
            finally:
                late.cancel()
                child.kill()
        raise AssertionError(f"no line with {words!r} in {READY_WITHIN:.0f} s:\n{self.log()}")

    def began(self) -> str:
        """When the container was started, as RFC 3339."""
        return self.docker.call("inspect", "--format={{.State.StartedAt}}", self.name)

    def first_pod(self) -> float:
        """Starts a Pod; seconds from the container's start until it was seen to be ready."""
        self.kubectl("run", "first", "--image=nginx:1.22")
        self.kubectl("wait", "--for=condition=Ready", "pod/first", "--timeout=60s")
        return time.time() - _moment(self.began())

    def pid(self) -> int:
        """The container's first process, on this machine."""
        return int(self.docker.call("inspect", "--format={{.State.Pid}}", self.name))

    def ask(self, path: str) -> dict[str, object]:
        """What the server's API answers at the session's own address."""
        inside = ["nsenter", f"--target={self.pid()}", "--net"]
        subprocess.run(
            [*inside, "ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True
        )
        url = f"http://{ADDRESS}:{PORT}/api/{path}?token={self.token}"
        done = subprocess.run(
            [*inside, "curl", "--silent", "--show-error", "--fail", "--max-time", "20", url],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def memory(self) -> memory.Memory:
        """The container's, as the session itself sees it."""
        return memory.read(Path(f"/proc/{self.pid()}/root/sys/fs/cgroup"))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keeps `peak` up to date meanwhile."""
        stop = threading.Event()
        groups = Path(f"/proc/{self.pid()}/root/sys/fs/cgroup")

        def watch() -> None:
            while not stop.wait(_EVERY):
                self.peak = max(self.peak, memory.read(groups).used)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def started(built: Built, *options: str) -> Iterator[Session]:
    """Starts a session as Binder does, and removes it; returns before its cluster is ready.

    Args:
        options: more of `docker run`'s.
    """
    docker = built.base.docker
    session = Session(docker, f"kl-binder-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex)
    command = [
        "binder/start", "jupyter-lab", "--ip=0.0.0.0", f"--port={PORT}", "--no-browser",
        f"--ServerApp.token={session.token}",
    ]  # fmt: skip
    confined = [one for one in container.CONFINED if not one.startswith("--user")]
    docker.call(
        "run", "--detach", f"--name={session.name}", "--network=none", *confined, *built.options(), *options,
        built.name, *command,
    )  # fmt: skip
    try:
        yield session
    finally:
        docker.call("rm", "--force", session.name, check=False)


@contextmanager
def held(argv: list[str], word: str) -> Iterator[None]:
    """Runs a command for as long as the block does: it says the word, and ends with its standard input."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == f"{word}\n"
        yield


def _seconds(began: str, ended: str) -> float:
    return _moment(ended) - _moment(began)


def _moment(text: str) -> float:
    """RFC 3339 with nanoseconds, which Python 3.11 does not read, as seconds since 1970."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text)).timestamp()
