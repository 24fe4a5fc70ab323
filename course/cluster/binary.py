"""Where the embedded cluster's binary comes from: the wheel, the cache, or a build from its sources."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from course import disk, gobuild, locks, paths
from course.errors import BuildError
from course.kit import VARIABLE
from course.progress import Progress, silent

if TYPE_CHECKING:
    from course.kit.use import Kit

NAMES = ("podling", "podling-launch")
KUBERNETES = "v1.37.2"
_VERSION = "k8s.io/component-base/version"
VERSION_FLAGS = (
    "-ldflags",
    f"-s -w -X {_VERSION}.gitVersion={KUBERNETES}"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor={KUBERNETES.split('.')[1]}",
)
"""Without them, Kubernetes' programs call themselves v0.0.0."""
FLAGS = (*gobuild.FLAGS, *VERSION_FLAGS)
_ROOM = 500 << 20
"""Bytes that the binaries take."""


def ensure(progress: Progress = silent) -> Path:
    """The folder that holds both binaries, which are built if need be.

    Raises:
        BuildError: there are none and they cannot be built; says what to install.
    """
    found = find()
    if found:
        return found
    target = cached()
    # Two builders would each take twice the time; the second one finds the first one's work.
    with locks.held(target.parent / ".build.lock", 3600, "building the cluster's binary"):
        if not _complete(target):
            _build(target, progress)
    return target


def find() -> Path | None:
    """The folder that holds both binaries, or None when they have to be built."""
    if kit := _kit():
        return kit.programs()
    for folder in (paths.PACKAGE / "bin", cached()):
        if _complete(folder):
            return folder
    return None


def _kit() -> Kit | None:
    if not os.environ.get(VARIABLE):
        return None
    from course.kit import use

    return use.current()


def cached() -> Path:
    """The folder of the cache where the binaries of these sources belong."""
    return paths.cache_home() / "bin" / sources_hash()


def sources_hash() -> str:
    """A hash of everything that goes into the binaries: sources, flags and machine."""
    digest = hashlib.sha256(repr((FLAGS, platform.machine())).encode())
    files = (f for f in paths.PODLING_SOURCES.rglob("*") if f.is_file() and _goes_in(f))
    for file in sorted(files):
        name = file.relative_to(paths.PODLING_SOURCES).as_posix()
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _goes_in(file: Path) -> bool:
    return (
        file.name not in NAMES
        and not file.name.endswith(("_test.go", ".md"))
        and "testdata" not in file.parts
    )


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NAMES)


def _build(target: Path, progress: Progress) -> None:
    disk.need(target.parent, _ROOM, "building the cluster's binary")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as made:
        packages = [f"./cmd/{name}" for name in NAMES]
        gobuild.build(paths.PODLING_SOURCES, packages, Path(made), progress, flags=FLAGS)
        if not _complete(Path(made)):
            raise BuildError(f"go build ended well but made no {' or '.join(NAMES)}.")
        shutil.rmtree(target, ignore_errors=True)
        Path(made).chmod(0o755)
        Path(made).replace(target)
        Path(made).mkdir()  # for TemporaryDirectory to remove
    _forget_older(target)


def _forget_older(current: Path) -> None:
    """Keeps the binaries of the two builds before this one: each takes some 150 MB."""
    others = [
        f for f in current.parent.iterdir() if f.is_dir() and f != current and f.name[0] != "."
    ]
    others.sort(key=lambda f: f.stat().st_mtime, reverse=True)
    for folder in others[2:]:
        shutil.rmtree(folder, ignore_errors=True)
