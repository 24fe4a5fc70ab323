"""Real users of this machine, made for a test and removed after it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil


@dataclass(frozen=True)
class User:
    """Somebody with an account and a home that is closed to others.

    Attributes:
        called: the name that the page for teachers has for them.
        name: the login, which is nobody else's.
    """

    called: str
    name: str
    uid: int
    gid: int
    home: Path


@cache
def as_root() -> list[str] | None:
    """The words before a command that root is to run; None where nobody here may become root."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if (
        shutil.which("sudo")
        and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    ):
        return sudo
    return None


def missing() -> str:
    """Why no users can be made here; empty where they can."""
    if as_root() is None:
        return (
            "only root can make users: the tests are not root, and sudo does not let them become it"
        )
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    for program in ("useradd", "userdel", "setpriv", "unshare"):
        if not shutil.which(program, path=path):
            return f"there is no {program}"
    return ""


def root(*command: str | Path, check: bool = True) -> str:
    """Run a command as root; returns what it said."""
    done = subprocess.run(
        [*(as_root() or []), *map(os.fspath, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
    )
    assert not check or done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@contextmanager
def users(names: Sequence[str], homes: Path) -> Iterator[list[User]]:
    """Make users with homes below a folder, and remove them with all that they run and have."""
    mark = uuid.uuid4().hex[:6]
    made: list[User] = []
    try:
        for called in names:
            name = f"{called}-{mark}"
            home = homes / name
            root("useradd", "--create-home", "--home-dir", home, "--shell", "/bin/sh", name)
            known = pwd.getpwnam(name)
            made.append(User(called, name, known.pw_uid, known.pw_gid, home))
            root("chmod", "700", home)
        yield made
    finally:
        left = {user.name: _processes(user) for user in made}
        for user in made:
            for pid in left[user.name]:
                root("kill", "-KILL", str(pid), check=False)
            root("userdel", "--remove", "--force", user.name, check=False)
    assert not any(left.values()), f"users left processes: {left}"
    for user in made:
        assert not user.home.exists(), f"{user.home} is left"
        assert user.name not in {known.pw_name for known in pwd.getpwall()}


def _processes(user: User) -> list[int]:
    found = psutil.process_iter(["uids"])
    return [one.pid for one in found if one.info["uids"] and one.info["uids"].real == user.uid]
