"""What an image is made of: the definitions, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from course.errors import ImageError

DEFINITIONS = Path(__file__).parent / "definitions"


@dataclass(frozen=True)
class User:
    """A line of /etc/passwd and its group."""

    name: str
    uid: int
    gid: int
    home: str = "/nonexistent"
    shell: str = "/usr/sbin/nologin"


@dataclass(frozen=True)
class Folder:
    """A folder that a package's scripts would have made. `mode` is octal text ("1777")."""

    path: str
    mode: str = "755"
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class File:
    """A file with its text, or with the joined contents of others (`join`, a shell pattern)."""

    path: str
    text: str = ""
    join: str = ""
    mode: str = "644"


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    path: str
    to: str


@dataclass(frozen=True)
class Applets:
    """A program of many names (busybox): a link for each name that it lists itself."""

    program: str
    folder: str
    list_argument: str


@dataclass(frozen=True)
class Config:
    """The part of the OCI image configuration that a container is started with."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    stop_signal: str = ""
    workdir: str = ""
    user: str = ""


@dataclass(frozen=True)
class Definition:
    """One image, or (with no tags) a base that images share a layer of.

    Attributes:
        key: the file's name without .toml.
        name: the repository in the registry, with docker.io's `library/`.
        base: the key of another definition whose layers come first.
        merged_usr: see course.images.tree.Tree; a base decides for those on it.
        version_of: the package whose version is the image's; it must begin with the first tag.
        packages: Debian packages, taken with all that they depend on.
        assumed: packages that apt is told are there already, so that they and what they alone
            need stay out.
        drop: shell patterns of paths left out.
        identities: whether /etc/passwd and /etc/group start from Debian's base-passwd.
    """

    key: str
    name: str = ""
    tags: tuple[str, ...] = ()
    title: str = ""
    base: str = ""
    merged_usr: bool = True
    version_of: str = ""
    packages: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    identities: bool = False
    users: tuple[User, ...] = ()
    folders: tuple[Folder, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    applets: Applets | None = None
    config: Config = field(default_factory=Config)


_PARTS: dict[str, Any] = {"users": User, "folders": Folder, "files": File, "links": Link}
_ONE: dict[str, Any] = {"applets": Applets, "config": Config}


def _record(kind: Any, table: dict[str, Any], where: str) -> Any:
    known = {f.name for f in fields(kind)}
    unknown = table.keys() - known
    if unknown:
        names = ", ".join(sorted(known))
        raise ImageError(f"{where}: unknown key {min(unknown)!r}; known: {names}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    try:
        return kind(**values)
    except TypeError as problem:
        raise ImageError(f"{where}: {problem}") from problem


def read(path: Path) -> Definition:
    """Reads one definition.

    Raises:
        ImageError: the file is not TOML, or has a key that no definition has.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ImageError(f"the image definition {path} cannot be read: {problem}") from problem
    for key, kind in _PARTS.items():
        table[key] = [_record(kind, row, f"{path.name}, [[{key}]]") for row in table.get(key, [])]
    for key, kind in _ONE.items():
        if key in table:
            table[key] = _record(kind, table[key], f"{path.name}, [{key}]")
    table["key"] = path.stem
    made: Definition = _record(Definition, table, path.name)
    return made


def definitions(folder: Path = DEFINITIONS) -> dict[str, Definition]:
    """All definitions by key, each after its base."""
    found = {path.stem: read(path) for path in sorted(folder.glob("*.toml"))}
    ordered: dict[str, Definition] = {}
    while len(ordered) < len(found):
        ready = [
            d for k, d in found.items() if k not in ordered and (not d.base or d.base in ordered)
        ]
        if not ready:
            stuck = min(found.keys() - ordered.keys())
            raise ImageError(f"{stuck}.toml: its base {found[stuck].base!r} is missing or a circle")
        ordered.update({d.key: d for d in ready})
    return ordered
