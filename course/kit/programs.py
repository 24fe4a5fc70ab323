"""The programs of a kind node, and kind itself, built from their Go modules into the cache."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course import disk, gobuild, locks, paths
from course.cluster.binary import KUBERNETES, VERSION_FLAGS
from course.errors import BuildError
from course.progress import Progress, silent

SOURCES = paths.PACKAGE / "kit" / "programs"
_ROOM = 700 << 20
"""Bytes that all programs take."""
_CONTAINERD = "github.com/containerd/containerd/v2"


@dataclass(frozen=True)
class Module:
    """One Go module: what is built from it, and the module whose version is the programs'."""

    name: str
    packages: tuple[str, ...]
    version_of: str = ""
    flags: tuple[str, ...] = ("-ldflags", "-s -w")
    folder_: Path | None = None

    @property
    def folder(self) -> Path:
        """Its sources: a go.mod, a go.sum, and what is our own."""
        return self.folder_ or SOURCES / self.name


MODULES = (
    Module("kind", ("sigs.k8s.io/kind",), "sigs.k8s.io/kind"),
    Module("kubernetes", (".", "./pause"), "k8s.io/kubernetes", VERSION_FLAGS),
    Module(
        "containerd",
        (
            f"{_CONTAINERD}/cmd/containerd",
            f"{_CONTAINERD}/cmd/ctr",
            f"{_CONTAINERD}/cmd/containerd-shim-runc-v2",
            "./preload",
        ),
        _CONTAINERD,
    ),
    Module("coredns", ("github.com/coredns/coredns",), "github.com/coredns/coredns"),
)
KIND_NODE = Module("kind-node", ("./cmd/kind-node",), folder_=paths.PODLING_SOURCES)
"""What the lab adds to every node."""


def ensure(name: str, progress: Progress = silent) -> Path:
    """The folder with the programs of a module, which are built if need be.

    Raises:
        BuildError: they cannot be built; says why.
    """
    module = _module(name)
    from course.kit import use

    if (kit := use.current()) and (kit.folder / "bin" / name).is_file():
        return kit.programs()
    target = paths.cache_home() / "kit" / "programs" / f"{name}-{digest(module)}"
    if (target / "built").is_file():
        return target
    with locks.held(target.with_name(f".{name}.lock"), 3600, f"building {name}"):
        if not (target / "built").is_file():
            _build(module, target, progress)
    return target


def _module(name: str) -> Module:
    return next(m for m in (*MODULES, KIND_NODE) if m.name == name)


def _build(module: Module, target: Path, progress: Progress) -> None:
    what = f"the kit's {module.name}"
    disk.need(target.parent, _ROOM, f"building {what}")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as made:
        flags = (*gobuild.FLAGS, *module.flags)
        gobuild.build(module.folder, module.packages, Path(made), progress, flags=flags, what=what)
        (Path(made) / "built").write_text("")
        for old in target.parent.glob(f"{module.name}-*"):
            shutil.rmtree(old)
        Path(made).chmod(0o755)
        Path(made).replace(target)
        Path(made).mkdir()  # for TemporaryDirectory to remove


def digest(module: Module) -> str:
    """A hash of all that goes into a module's programs."""
    found = hashlib.sha256(repr((module, gobuild.FLAGS, platform.machine())).encode())
    for file in sorted(module.folder.rglob("*")):
        if file.is_file() and not file.name.endswith("_test.go"):
            name = file.relative_to(module.folder).as_posix()
            found.update(f"{name}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]


def version(name: str) -> str:
    """The version of a module's programs, as its go.mod has it ("v1.37.2")."""
    if name == "kubernetes":
        return KUBERNETES
    module = _module(name)
    return str(_listed(module)["Version"])


def source(name: str) -> Path:
    """The folder with the upstream module's own files, which Go's module cache holds.

    Raises:
        BuildError: the module cannot be had.
    """
    module = _module(name)
    return Path(str(_listed(module)["Dir"]))


def _listed(module: Module) -> dict[str, object]:
    go = gobuild.toolchain(module.folder, f"the kit's {module.name}")
    argv = [go, "mod", "download", "-json", module.version_of]
    done = subprocess.run(
        argv, cwd=module.folder, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise BuildError(f"`{' '.join(argv)}` failed: {done.stdout}{done.stderr}")
    found: dict[str, object] = json.loads(done.stdout)
    return found
