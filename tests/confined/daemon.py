"""A Docker daemon for the tests: the machine's own, or a private one that leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course import processes

_READY_WITHIN, _GONE_WITHIN = 60.0, 20.0
_INSTALL_WITHIN = 600.0
_SHIMS = Path("/run/containerd")  # containerd's shims put their sockets there, wherever the rest is

# No bridge: the machine's firewall is not ours to change.
_APART = (
    "--bridge=none",
    "--iptables=false",
    "--ip6tables=false",
    "--ip-forward=false",
    "--ip-masq=false",
)


class NoDockerError(Exception):
    """Docker cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Docker:
    """A daemon that answers.

    Attributes:
        client: the docker command and how it reaches the daemon.
        network: the one through which its containers reach the internet.
        cgroup: the parent of its containers' cgroups; empty: the daemon's own choice.
    """

    client: tuple[str, ...]
    network: str
    cgroup: str = ""

    def argv(self, *arguments: str) -> list[str]:
        """The command `docker ARGUMENTS…`."""
        return [*self.client, *arguments]

    def call(self, *arguments: str, data: bytes = b"", check: bool = True) -> str:
        """Runs `docker ARGUMENTS…` and returns what it said."""
        argv = self.argv(*arguments)
        done = subprocess.run(argv, input=data, capture_output=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{argv}: {done.stderr.decode(errors='replace')}"
        return done.stdout.decode(errors="replace").strip()


@contextlib.contextmanager
def running() -> Iterator[Docker]:
    """The machine's own daemon where this user may use it; else, for root, a private one.

    Raises:
        NoDockerError: there is none, and none can be started.
    """
    if machines_own_answers():
        yield Docker(("docker",), "bridge")
        return
    if os.geteuid() != 0:
        raise NoDockerError("no Docker daemon answers, and only root can start one")
    install()
    with private(*_APART) as docker:
        yield docker


def machines_own_answers() -> bool:
    # A daemon on another machine would not have the folders that the tests mount.
    if not shutil.which("docker") or os.environ.get("DOCKER_HOST"):
        return False
    try:
        done = subprocess.run(
            ["docker", "version"], capture_output=True, stdin=subprocess.DEVNULL, timeout=10
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def install() -> None:
    """Brings Debian's docker.io, if there is no dockerd."""
    if shutil.which("dockerd"):
        return
    if not shutil.which("apt-get"):
        raise NoDockerError("there is no dockerd, and no apt-get to install docker.io with")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "docker.io"],
    ):
        done = subprocess.run(
            ["apt-get", *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_WITHIN,
            check=False,
        )
        if done.returncode:
            raise NoDockerError(f"apt-get could not install docker.io: {done.stderr.strip()}")


@contextlib.contextmanager
def private(*options: str, prefix: Sequence[str] = ()) -> Iterator[Docker]:
    """A daemon with folders, socket and cgroups of its own, which ends with the block.

    Args:
        options: more of dockerd's.
        prefix: a command that becomes dockerd, as `nsenter` does.

    Raises:
        NoDockerError: it does not start.
    """
    shims_were_there = _SHIMS.exists()
    root = Path(tempfile.mkdtemp(prefix="kl-docker-"))
    socket_path, log = root / "docker.sock", root / "dockerd.log"
    (root / "daemon.json").write_text(f'{{"deprecated-key-path": "{root / "key.json"}"}}\n')
    cgroup = f"/{root.name}"
    argv = [
        *prefix,
        "dockerd",
        f"--config-file={root / 'daemon.json'}",
        f"--data-root={root / 'data'}",
        f"--exec-root={root / 'exec'}",
        f"--pidfile={root / 'pid'}",
        f"--host=unix://{socket_path}",
        f"--cgroup-parent={cgroup}",
        *options,
    ]
    try:
        child = _started(argv, log)
        try:
            # The client that came with this daemon: a newer one may refuse to speak to it.
            client = shutil.which("docker", path=f"/usr/bin:{os.environ.get('PATH', '')}")
            if not client:
                raise NoDockerError("there is dockerd but no docker command")
            yield Docker((client, f"--host=unix://{socket_path}"), "host", cgroup)
        finally:
            _end(child)
    finally:
        _clear(root, cgroup)
        if not shims_were_there:
            for folder in (_SHIMS / "s", _SHIMS):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _started(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts the daemon and returns when it says, as to systemd, that it is ready (sd_notify(3))."""
    address = log.with_name("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, log.open("wb") as output:
        notify.bind(str(address))
        child = subprocess.Popen(
            argv,
            env=os.environ | {"NOTIFY_SOCKET": str(address)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,
        )
        if _says_ready(child, notify):
            return child
    _end(child)
    words = log.read_text(errors="replace").strip().splitlines()[-5:]
    raise NoDockerError("dockerd did not start: " + " | ".join(words))


def _says_ready(child: subprocess.Popen[bytes], notify: socket.socket) -> bool:
    ended = os.pidfd_open(child.pid)
    try:
        while found := select.select([notify.fileno(), ended], [], [], _READY_WITHIN)[0]:
            if notify.fileno() in found and b"READY=1" in notify.recv(4096):
                return True
            if ended in found:
                return False
        return False
    finally:
        os.close(ended)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the daemon, which ends its containers and its containerd; kills what does not end."""
    known = processes.tree(child.pid)
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(_GONE_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(_GONE_WITHIN)
    for process in known:
        process.signal(signal.SIGKILL)
        process.wait(5)


def _clear(root: Path, cgroup: str) -> None:
    """Removes the daemon's folder, with what is still mounted in it, and its cgroups."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([m for m in mounts if Path(m).is_relative_to(root)]):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(root)
    hierarchies = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()
                   if line.split(" - ")[1].split()[0] in ("cgroup", "cgroup2")]  # fmt: skip
    for hierarchy in hierarchies:
        ours = Path(hierarchy) / cgroup.strip("/")
        for folder in sorted(ours.rglob("*/"), reverse=True) if ours.is_dir() else []:
            folder.rmdir()
        if ours.is_dir():
            ours.rmdir()
