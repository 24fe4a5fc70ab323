"""`lab doctor`: what this machine has of what the lab needs, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course import disk, gobuild, memory, paths
from course.cluster import binary, namespaces, tools
from course.errors import LabError

Verdict = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, and what to do when it is not well."""

    what: str
    verdict: Verdict
    found: str
    next_step: str = ""


def checks() -> list[Check]:
    """Looks at the machine; takes about a second."""
    return [look() for look in _LOOKS]


def _linux() -> Check:
    found = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if platform.system() != "Linux":
        return Check("system", "missing", found, "The embedded cluster needs Linux.")
    if platform.machine() not in ("x86_64", "aarch64"):
        return Check("system", "warning", found, "Only x86_64 and aarch64 were tried.")
    return Check("system", "ok", found)


def _python() -> Check:
    return Check("Python", "ok", f"{platform.python_version()} at {sys.executable}")


def _binary() -> Check:
    found = binary.find()
    if found:
        return Check("cluster binary", "ok", str(found))
    try:
        go = gobuild.toolchain(paths.PODLING_SOURCES)
    except LabError as error:
        return Check("cluster binary", "missing", error.message, error.next_step)
    return Check(
        "cluster binary", "warning", f"not built yet; Go is at {go}", "./lab start builds it."
    )


def _kubectl() -> Check:
    try:
        found = tools.kubectl()
    except LabError as error:
        return Check("kubectl", "missing", error.message, error.next_step)
    said = subprocess.run(
        [found, "version", "--client"], capture_output=True, text=True, timeout=20, check=False
    )
    return Check("kubectl", "ok", f"{said.stdout.partition(chr(10))[0]} at {found}")


def _userns() -> Check:
    bubble = tools.bwrap()
    if bubble is None:
        return Check(
            "user namespaces", "warning", "no bwrap for this machine", "PRoot is used instead."
        )
    if not namespaces.open_to(bubble):
        return Check(
            "user namespaces", "warning", "closed here", "PRoot is used instead; it is slower."
        )
    return Check("user namespaces", "ok", f"open; bwrap at {bubble}")


def _proot() -> Check:
    found = shutil.which("proot")
    if found:
        return Check("PRoot", "ok", found)
    if _userns().verdict == "ok":
        return Check("PRoot", "ok", "not installed, and not needed: user namespaces are open")
    fetched = tools.proot()
    if fetched:
        return Check("PRoot", "ok", f"{fetched} (from its Debian package)")
    return Check("PRoot", "missing", "not found", "Install it: apt install proot")


def _pod_network() -> Check:
    # Yama keeps a program's memory, where the network rewrites addresses, from all but its ancestors.
    try:
        scope = int(Path("/proc/sys/kernel/yama/ptrace_scope").read_text())
    except (OSError, ValueError):
        return Check("pod network", "ok", "the kernel has no Yama: nothing is in its way")
    found = f"kernel.yama.ptrace_scope is {scope}"
    if scope == 0 or (os.geteuid() == 0 and scope < 3):
        return Check("pod network", "ok", f"{found}: nothing is in its way")
    if scope == 1:
        return Check("pod network", "ok", f"{found}: launchers stay beside their programs")
    found += ": " + (
        "only containers in user namespaces have the pod network; probes and lab shells do not"
        if scope == 2
        else "no program can have the pod network, not even root's"
    )
    step = "sudo sysctl kernel.yama.ptrace_scope=1" if scope == 2 else "Set it to 1 and restart."
    return Check("pod network", "missing", found, step)


def _kind() -> Check:
    from course.cluster.kind import command, engine

    try:
        found = engine.find()
    except LabError as error:
        step = f"Only --cluster kind needs it. {error.next_step}"
        return Check("kind", "warning", error.message.rstrip("."), step)
    program = command.find()
    words = f"{found.name} with cgroup v{found.cgroup}; " + (
        f"kind at {program}" if program else "no kind on PATH: it is built"
    )
    return Check("kind", "ok", words)


def _memory() -> Check:
    free = memory.available()
    verdict: Verdict = "ok" if free >= 1 << 30 else "warning"
    step = "" if verdict == "ok" else "A cluster needs 450 MiB, JupyterLab with a lesson 300 MiB."
    return Check("memory", verdict, f"{disk.human(free)} available", step)


def _disk_for(what: str, folder: Path, need: int) -> Check:
    there = folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    found = f"{disk.human(free)} free in {there}"
    if not os.access(there, os.W_OK):
        return Check(
            what, "missing", f"{there} cannot be written", "Set XDG_CACHE_HOME and XDG_STATE_HOME."
        )
    if free < need:
        return Check(what, "warning", found, f"{disk.human(need)} are needed.")
    return Check(what, "ok", found)


def _cache() -> Check:
    return _disk_for("disk for builds", paths.cache_home(), 3 << 30)


def _state() -> Check:
    return _disk_for("disk for clusters", paths.state_home(), 1 << 30)


def _loopback() -> Check:
    try:
        with socket.socket() as sock:
            sock.bind(("127.77.0.1", 0))
    except OSError as error:
        return Check(
            "loopback",
            "missing",
            f"127.77.0.1: {error.strerror}",
            "All of 127.0.0.0/8 must be bindable.",
        )
    return Check("loopback", "ok", "all of 127.0.0.0/8 can be bound")


def _port() -> Check:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", 8888))
        except OSError:
            return Check("port 8888", "warning", "taken", "./lab start takes the next free one.")
    return Check("port 8888", "ok", "free for JupyterLab")


_LOOKS: tuple[Callable[[], Check], ...] = (
    _linux,
    _python,
    _binary,
    _kubectl,
    _userns,
    _proot,
    _pod_network,
    _kind,
    _memory,
    _cache,
    _state,
    _loopback,
    _port,
)


def show() -> int:
    """Prints the table; returns 1 where something that is needed is missing, else 0."""
    from rich.console import Console
    from rich.table import Table

    colours = {"ok": "green", "warning": "yellow", "missing": "red"}
    table = Table("what", "", "found", "next step")
    for column in table.columns:
        column.overflow = "fold"
    results = checks()
    for check in results:
        mark = f"[{colours[check.verdict]}]{check.verdict}[/]"
        table.add_row(check.what, mark, check.found, check.next_step)
    Console().print(table)
    return 1 if any(check.verdict == "missing" for check in results) else 0
