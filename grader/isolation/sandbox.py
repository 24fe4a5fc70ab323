"""The outer wall: one cluster, its kernels and its files, with loopback and nothing else.

    sandbox      its own user, process, network, mount, IPC and host-name namespaces
      worker     executes submissions, one after the other        (grader.worker)
      cluster    the embedded one; its state is in memory, so it is gone with the sandbox
      examiner   the kernel of the tests
      student    the second wall, and the student's kernel behind it

It sees this Python, the course without its content, and the cluster's program: no gradebook, no
submission but the one that it is given, no solution, no network. Where root grades, root steps down first.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course import paths
from course.cluster import binary
from course.errors import IsolationError
from course.progress import Progress, silent
from grader.isolation import bwrap, bytecode
from grader.limits import MB

NOBODY = 64500
"""Whom root becomes to grade: a user id that no program of the machine has."""
STATE = Path("/state")
STUDENT = Path("/run/student")
"""What the sandbox shares with the student's kernel: its sockets and its kubeconfig."""
_STATE_SIZE, _TEMPORARY_SIZE, _SHARED_SIZE = 2048 * MB, 256 * MB, 4 * MB


@dataclass(frozen=True)
class Sandbox:
    """How to start a command in a sandbox of its own.

    Attributes:
        binaries: the folder of the cluster's binaries.
        images: the OCI layout with the course's images; None where there is none.
        compiled: the folder of compiled Python; None where there is none.
    """

    binaries: Path
    images: Path | None
    compiled: Path | None = None

    def argv(self, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """The command that runs `command` inside; it ends with this process."""
        inside = [*_scratch(), *self._view(), *bwrap.environment(self._variables(variables))]
        unshare = [
            "--unshare-user",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
        ]
        head = [
            bwrap.program(),
            *unshare,
            "--unshare-cgroup-try",
            "--die-with-parent",
            "--new-session",
        ]
        who = ["--uid", str(bwrap.UID), "--gid", str(bwrap.UID), "--hostname", "kubelab"]
        inner = [*head, *who, *inside, "--chdir", "/tmp", "--", *command]  # noqa: S108 - the sandbox's
        return [*self._step_down(), *inner] if os.geteuid() == 0 else inner

    def _view(self) -> list[str]:
        course, grader = bwrap.package("course"), bwrap.package("grader")
        return [
            *bwrap.system(),
            *bwrap.read_only([*bwrap.python(), course, grader, self.binaries]),
            *bwrap.read_only(folder for folder in (self.images, self.compiled) if folder),
            *bwrap.links(),
            *hidden(course / "content"),
            *hidden(grader / "samples"),
        ]

    def _step_down(self) -> list[str]:
        """For root: the same view, made by root, whose folders others may not pass; then somebody else."""
        temporary = ["--tmpfs", "/tmp", "--bind", "/proc", "/proc", "--dev", "/dev"]  # noqa: S108
        become = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        return [
            bwrap.program(), "--die-with-parent", *temporary, *self._view(), "--",
            *become, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
        ]  # fmt: skip

    def _variables(self, more: Mapping[str, str]) -> dict[str, str]:
        cache = self.binaries.parent.parent.parent  # CACHE/kubelab/bin/HASH
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": "/tmp/home",  # noqa: S108 - the sandbox's own
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(STATE),
            "XDG_CACHE_HOME": str(cache),
            "PYTHONPATH": str(paths.ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            **({"PYTHONPYCACHEPREFIX": str(self.compiled)} if self.compiled else {}),
            **more,
        }


def prepared(*, isolated: bool = True, progress: Progress = silent) -> Sandbox:
    """Builds what is missing.

    Raises:
        IsolationError: this machine does not let its users make a sandbox.
    """
    if isolated and (why := missing()):
        raise IsolationError(
            f"The sandbox for students' code cannot be had here: {why}",
            "Open user namespaces (sysctl user.max_user_namespaces, or your AppArmor profile), or "
            "grade where they are open. `--isolation none` grades without any wall: the students' code "
            "can then read and change all that you can.",
        )
    from course import images

    compiled = bytecode.ensure(progress) if isolated else None
    return Sandbox(binary.ensure(progress), images.ensure(progress), compiled)


def hidden(folder: Path) -> list[str]:
    """A folder that is there, and empty."""
    return ["--perms", "0755", "--tmpfs", str(folder), "--remount-ro", str(folder)]


def _scratch() -> list[str]:
    return [
        "--proc", "/proc", "--dev", "/dev",
        *bwrap.scratch("/tmp", _TEMPORARY_SIZE),  # noqa: S108 - the sandbox's own
        *bwrap.scratch("/dev/shm", _TEMPORARY_SIZE),  # noqa: S108
        *bwrap.scratch(STATE, _STATE_SIZE),
        *bwrap.scratch(STUDENT, _SHARED_SIZE),
        "--perms", "0700", "--dir", "/tmp/home",  # noqa: S108
    ]  # fmt: skip


@functools.cache
def missing() -> str:
    """Why no sandbox can be had here, in bwrap's own words; empty where it can.

    Known only by trying, with a wall inside the wall as it will be.
    """
    try:
        box = Sandbox(Path("/usr/bin"), Path("/usr/lib"))
        inner = [bwrap.program(), "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/"]
        command = [*inner, "--proc", "/proc", "--dev", "/dev", "true"]
        tried = subprocess.run(
            box.argv(command, {}), capture_output=True, text=True, timeout=20, check=False
        )
    except IsolationError as problem:
        return str(problem)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"bwrap: {problem}"
    return (
        ""
        if tried.returncode == 0
        else tried.stderr.strip() or f"bwrap ended with {tried.returncode}"
    )
