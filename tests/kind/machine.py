"""A machine with Docker, whose network is loopback and Docker's bridges: nothing else is in reach."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from course import paths, processes
from tests.confined import daemon
from tests.support import lab_argv

DEADLINE = 2400.0
"""Seconds for one test: the first one builds kind's node image, where no one has done it before."""
_SYS_RESOURCE = 24  # its number in capabilities(7)
_WRAPPER = Path(__file__).with_name("runc-without-sys-resource")


@dataclass(frozen=True)
class Machine:
    """Where the tests of kind run the lab.

    Attributes:
        docker: its daemon.
        enter: the command before a command that runs there; empty: this machine itself.
        env: variables beside this process's own.
    """

    docker: daemon.Docker
    enter: tuple[str, ...]
    env: Mapping[str, str]

    def command(
        self, *argv: str, timeout: float = 60, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command there; `more` are variables."""
        return subprocess.run(
            [*self.enter, *argv],
            env={**os.environ, **self.env, **more},
            cwd=paths.ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def lab(
        self, *arguments: str, timeout: float = 300, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs `lab ARGUMENTS…` there."""
        return self.command(*lab_argv(*arguments), timeout=timeout, **more)

    def shell(self, cluster: str, line: str, timeout: float = 150) -> str:
        """What a line printed in `lab shell`, where kubectl finds the cluster."""
        said = self.lab("shell", "--name", cluster, "--", "sh", "-ec", line, timeout=timeout)
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout


@contextlib.contextmanager
def running() -> Iterator[Machine]:
    """The machine as it is where its Docker answers; else, for root, a network and a daemon that end with the block.

    Raises:
        daemon.NoDockerError: there is no Docker, and none can be started.
    """
    if daemon.machines_own_answers():
        yield Machine(daemon.Docker(("docker",), "bridge"), (), {})
        return
    if os.geteuid() != 0:
        raise daemon.NoDockerError("no Docker daemon answers, and only root can start one")
    daemon.install()
    options = ["--bridge=none", "--ip6tables=false"]
    if _lacks_sys_resource():
        options += [f"--add-runtime=without={_WRAPPER}", "--default-runtime=without"]
    with _network() as enter, daemon.private(*options, prefix=enter) as docker:
        socket = docker.client[1].removeprefix("--host=")
        yield Machine(docker, enter, {"DOCKER_HOST": socket})


@contextlib.contextmanager
def _network() -> Iterator[tuple[str, ...]]:
    """A network namespace with loopback, which ends with its last process."""
    # `ip netns exec` would hide the machine's cgroups from what runs in it.
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        preexec_fn=processes.die_with_parent,
    )
    try:
        assert holder.stdout
        if holder.stdout.readline() != b"up\n":
            raise daemon.NoDockerError("no network namespace can be made here")
        yield ("nsenter", f"--net=/proc/{holder.pid}/ns/net")
    finally:
        holder.kill()
        holder.wait()


def _lacks_sys_resource() -> bool:
    """Whether this machine's root cannot give containers the capability."""
    status = Path("/proc/self/status").read_text()
    bounding = next(line for line in status.splitlines() if line.startswith("CapBnd:"))
    return not int(bounding.split()[1], 16) >> _SYS_RESOURCE & 1
