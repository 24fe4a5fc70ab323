"""bwrap's words, as both walls use them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from course import paths
from course.cluster import tools
from course.errors import IsolationError

UID = 1000
"""The user inside: nobody in particular, and never root."""
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl/certs", "ca-certificates", "localtime",
        "nsswitch.conf", "alternatives", "mime.types", "protocols", "services")  # fmt: skip


def program() -> str:
    """The path of bwrap.

    Raises:
        IsolationError: there is none for this machine.
    """
    found = tools.bwrap()
    if found is None:
        raise IsolationError("bwrap, which makes the sandbox, is not there for this machine.")
    return str(found)


def system() -> list[str]:
    """The machine's programs and libraries, read-only, and no more of its /etc than these need."""
    words = [*read_only(["/usr"])]
    for link in ("bin", "lib", "lib32", "lib64", "sbin"):
        path = Path("/", link)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += read_only([path])
    words += read_only(f"/etc/{name}" for name in _ETC if Path("/etc", name).exists())
    for own in sorted(
        (Path(__file__).parent / "etc").iterdir()
    ):  # who there is: nobody of the machine's
        words += ["--ro-bind", str(own), f"/etc/{own.name}"]
    return words


def python() -> list[Path]:
    """The folders of this Python: its environment and what that builds on."""
    wanted = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    wanted |= {Path(sys.executable).resolve().parent.parent}
    return sorted(path for path in wanted if not path.is_relative_to("/usr"))


def links() -> list[str]:
    """The links by which this Python is reached, as the same links: `.venv` is one, and programs have its path."""
    return [word for path in ways() for word in same_link(path)]


def ways() -> list[Path]:
    """The paths by which this Python is reached and, so, its modules are named; some may be links."""
    return sorted({paths.ROOT / ".venv", Path(sys.prefix), Path(sys.base_prefix)})


def package(name: str) -> Path:
    """The folder of one of our packages."""
    return paths.ROOT / name


def read_only(folders: Iterable[Path | str]) -> list[str]:
    """Each at its own path; the folders above are passable, and empty but for it."""
    words: list[str] = []
    for folder in folders:
        words += [*parents(folder), "--ro-bind", str(folder), str(folder)]
    return words


def same_link(path: Path) -> list[str]:
    """A path that is a link, as the same link (`.venv` is one)."""
    return (
        [*parents(path), "--symlink", str(path.resolve()), str(path)] if path.is_symlink() else []
    )


def parents(path: Path | str) -> list[str]:
    """The folders above a path. bwrap would make them for their owner alone."""
    words: list[str] = []
    for folder in reversed(Path(path).parents[:-1]):
        words += ["--perms", "0755", "--dir", str(folder)]
    return words


def scratch(path: Path | str, size: int) -> list[str]:
    """An empty folder in memory, of so many bytes."""
    return [*parents(path), "--size", str(size), "--perms", "0700", "--tmpfs", str(path)]


def environment(variables: Mapping[str, str]) -> list[str]:
    """These variables and no others."""
    words = ["--clearenv"]
    for name, value in variables.items():
        words += ["--setenv", name, value]
    return words
