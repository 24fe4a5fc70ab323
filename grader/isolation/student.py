"""The wall inside the sandbox, around the student's kernel.

Behind it: this Python, the course's package without its content, a home in memory, and the one folder
with the kernel's sockets and the student's kubeconfig. No process of the cluster, of the examiner or of the
worker can be seen or signalled from there, and none of their files can be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from course import paths
from grader.isolation import bwrap, bytecode, confine
from grader.isolation.sandbox import hidden
from grader.limits import MB, Limits

HOME = "/home/student"
_ADDRESS_SPACE = 4096 * MB  # of one process: Go and Python reserve far more than they use
_NICE = 10  # the cluster, the examiner and the neighbours come first
_TASKS = 1000  # threads count too: kubectl has a dozen


def argv(limits: Limits, shared: Path, variables: Mapping[str, str]) -> list[str]:
    """The words that precede a command to run it behind the wall; it ends with this process.

    Args:
        limits: what all that runs behind the wall may use.
        shared: the folder that both sides see, under the same path.
        variables: the environment, beside what every program needs.
    """
    course = bwrap.package("course")
    half, rest = limits.disk // 2, limits.disk // 4
    unshare = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    return [
        *_confined(limits),
        bwrap.program(), *unshare, "--unshare-cgroup-try", "--die-with-parent", "--new-session",
        "--uid", str(bwrap.UID), "--gid", str(bwrap.UID), "--hostname", "student",
        "--proc", "/proc", "--dev", "/dev",
        *bwrap.scratch(HOME, half),
        *bwrap.scratch("/tmp", rest), *bwrap.scratch("/dev/shm", rest),  # noqa: S108 - its own
        *bwrap.system(),
        *bwrap.read_only([*bwrap.python(), course]),
        *bwrap.read_only(bytecode.of([*bwrap.python(), *bwrap.ways(), "/usr", course])),
        *bwrap.links(),
        *(word for name in ("content", "podling", "images") for word in hidden(course / name)),
        *bwrap.parents(shared), "--bind", str(shared), str(shared),
        "--remount-ro", "/dev", "--remount-ro", "/",
        *bwrap.environment(_variables(variables)),
        "--disable-userns",
        "--chdir", HOME, "--",
    ]  # fmt: skip


def _confined(limits: Limits) -> list[str]:
    rlimits = {
        "NOFILE": limits.files, "NPROC": _TASKS, "AS": _ADDRESS_SPACE, "FSIZE": limits.disk, "CORE": 0
    }  # fmt: skip
    options = json.dumps({"rlimits": rlimits, "nice": _NICE})
    return [sys.executable, "-I", "-S", confine.__file__, options]


def _variables(more: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(paths.ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}),
        **more,
    }
