"""What a cluster leaves in the kernel: processes, addresses and locks, found without asking the cluster."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course import processes
from course.cluster.state import State

GONE_WITHIN = 5.0
"""Seconds after a fault within which nothing of the cluster may be left (issue A, 'Shows')."""


def until(look: Callable[[], Any], within: float, what: str | Callable[[], str] = "") -> Any:
    """What `look` returns once that is true; fails with what it returned last after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        # What decides is a look that began after the deadline: an earlier one may have been held up.
        late = time.monotonic() > deadline
        if found := look():
            return found
        if late:
            said = what() if callable(what) else what
            raise AssertionError(f"not within {within:.0f} s: {said} (last: {found!r})")
        time.sleep(0.05)


def processes_with(folder: Path) -> dict[int, str]:
    """Processes that have `folder` in command line, environment, working folder, program, root or mounts.

    The last three find what runs inside a container, whose command line says nothing.
    """
    wanted = os.fsencode(folder)
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        where = [place for place, text in _says(entry) if wanted in text]
        if where and processes.of(int(entry.name)):
            found[int(entry.name)] = f"{command(int(entry.name))!r} by its {', '.join(where)}"
    return found


def _says(entry: Path) -> Iterable[tuple[str, bytes]]:
    for name in ("cmdline", "environ", "mountinfo"):
        try:
            yield name, (entry / name).read_bytes()
        except OSError:  # it has ended
            continue
    for name in ("cwd", "exe", "root"):
        try:
            yield name, os.fsencode((entry / name).readlink())
        except OSError:
            continue


def command(pid: int) -> str:
    """A process's command line; empty for one that has ended."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline")
            .read_bytes()
            .rstrip(b"\0")
            .replace(b"\0", b" ")
            .decode(errors="replace")
        )
    except OSError:
        return ""


def stands_still(pid: int) -> bool:
    """True once a stop signal has reached all threads: the first must run to take it, the others go on until then."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


@contextmanager
def halted(pid: int) -> Iterator[None]:
    """A process in which no thread runs, until this is left."""
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: stands_still(pid), 10, f"every thread of {pid} has stopped")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def addresses_of(k: int) -> list[str]:
    """The sockets bound in 127.K.0.0/16 that take connections or datagrams."""
    found = []
    for table, wanted in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            number, port = local.split(":")
            a, b, c, d = bytes.fromhex(number[-8:])[
                ::-1
            ]  # v6: mapped, in words of the machine's order
            if state == wanted and (a, b) == (127, k):
                found.append(f"{table} {a}.{b}.{c}.{d}:{int(port, 16)}")
    return found


def is_locked(path: Path) -> bool:
    """True while a process holds the flock on `path`."""
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def left_of(state: Path, k: int, name: str = "kubelab", but: Iterable[int] = ()) -> list[str]:
    """All that is there of a cluster, but the processes `but`; empty when it is gone."""
    left = [f"pid {p}: {says}" for p, says in processes_with(state).items() if p not in set(but)]
    left += [f"address {a}" for a in addresses_of(k)] if k else []
    home = state / "kubelab"
    locks = (home / name / "run" / "keeper.lock", home / f".{name}.lock")
    return left + [f"lock {path}" for path in locks if is_locked(path)]


def gone(
    state: Path,
    k: int = 0,
    name: str = "kubelab",
    but: Iterable[int] = (),
    within: float = GONE_WITHIN,
) -> float:
    """Waits until nothing of the cluster is left; returns the seconds that took."""
    began = time.monotonic()
    left: list[str] = []

    def nothing_is_left() -> bool:
        left[:] = left_of(state, k, name, but)
        return not left

    until(nothing_is_left, within, lambda: f"left of the cluster: {left}")
    return time.monotonic() - began


def shape(keeper: int) -> list[str]:
    """What runs below a keeper, as a sorted list of kinds, so that two moments can be compared."""
    return sorted(kind for p in processes.tree(keeper)[1:] if (kind := _kind(command(p.pid))))


def _kind(line: str) -> str:
    words = line.split()
    if not words:
        return ""
    program = Path(words[0]).name
    if program in ("podling", ".podling", "podling-launch"):
        return " ".join([program, *words[1:2]])
    return " ".join([program, *words[1:2]]) if program == "nginx:" else program


def network_of(name: str = "kubelab") -> int:
    """K of a cluster's 127.K.0.0/16, as its state folder has it, running or not; 0 where it has none."""
    try:
        return int(json.loads((State(name).run / "network.json").read_text())["K"])
    except (OSError, ValueError, KeyError):
        return 0
