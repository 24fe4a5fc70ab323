"""Where the embedded cluster's binary comes from: the wheel, the cache, or a build from its sources."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections import deque
from pathlib import Path

from course import disk, locks, paths
from course.errors import BuildError
from course.progress import Progress, silent

NAMES = ("podling", "podling-launch")
KUBERNETES = "v1.37.2"
_VERSION = "k8s.io/component-base/version"
FLAGS = (
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    f"-s -w -X {_VERSION}.gitVersion={KUBERNETES}"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor={KUBERNETES.split('.')[1]}",
)
_ROOM, _ROOM_FOR_GO = 500 << 20, 2 << 30
"""Bytes that the binaries take, and that Go's build cache grows by in a build from nothing."""


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
    for folder in (paths.PACKAGE / "bin", cached()):
        if _complete(folder):
            return folder
    return None


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


def toolchain() -> str:
    """The path of a Go toolchain that can build the sources.

    Raises:
        BuildError: there is none, or it is too old to fetch a newer one by itself.
    """
    wanted = _go_of_module()
    conda = f"conda install -c conda-forge 'go>={wanted}'"
    what = f"Install Go {wanted} or newer (go.dev/doc/install, or: {conda})"
    go = shutil.which("go")
    if not go:
        raise BuildError(
            "the cluster's binary is not built yet, and there is no Go toolchain to build it.",
            f"{what}, and run the command again. It is needed for the first start only.",
        )
    said = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    match = re.search(r"go(\d+)\.(\d+)", said.stdout)
    if not match or (int(match[1]), int(match[2])) < (1, 21):
        raise BuildError(
            f"{go} ({said.stdout.strip() or said.stderr.strip()}) is too old to build the cluster's binary.",
            f"{what}, put it first on PATH, and run the command again.",
        )
    return go


def _go_of_module() -> str:
    text = (paths.PODLING_SOURCES / "go.mod").read_text()
    match = re.search(r"^go (\d+\.\d+)", text, re.MULTILINE)
    return match[1] if match else "1.26"


def _build(target: Path, progress: Progress) -> None:
    go = toolchain()
    disk.need(target.parent, _ROOM, "building the cluster's binary")
    go_cache = subprocess.run([go, "env", "GOCACHE"], capture_output=True, text=True, check=False)
    disk.need(Path(go_cache.stdout.strip() or "/"), _ROOM_FOR_GO, "building the cluster's binary")
    logs = paths.cache_home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as made,
        (logs / "build.log").open("w") as log,
    ):
        progress("fetching Go modules", 0, 0)
        total = len(_run([go, "list", "-deps", *_packages()], log.name, progress, 0))
        argv = [go, "build", "-v", *FLAGS, "-o", f"{made}/", *_packages()]
        _run(argv, log.name, progress, total)
        if not _complete(Path(made)):
            raise BuildError(
                f"go build ended well but made no {' or '.join(NAMES)}.", f"See {log.name}."
            )
        shutil.rmtree(target, ignore_errors=True)
        Path(made).chmod(0o755)
        Path(made).replace(target)
        Path(made).mkdir()  # for TemporaryDirectory to remove
    _forget_older(target)


def _packages() -> list[str]:
    return [f"./cmd/{name}" for name in NAMES]


def _run(argv: list[str], log_path: str, progress: Progress, total: int) -> list[str]:
    """Runs a go command; returns its lines. Each line of `go build -v` is one package compiled."""
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    lines: list[str] = []
    last: deque[str] = deque(maxlen=15)
    with Path(log_path).open("a") as log:
        child = subprocess.Popen(
            argv,
            cwd=paths.PODLING_SOURCES,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert child.stdout is not None  # noqa: S101 - it was asked for
            for line in child.stdout:
                log.write(line)
                lines.append(line.strip())
                if " " in line or not total:  # not a package's name alone
                    last.append(line.rstrip())
                if total:
                    name = line.strip()
                    linking = name.startswith("kubelab.dev/podling/cmd/")
                    progress(
                        "linking" if linking else f"compiling {name}", min(len(lines), total), total
                    )
                elif line.startswith("go: downloading"):
                    progress(line.strip(), 0, 0)
            code = child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if code:
        raise BuildError(
            f"`{' '.join(argv[:3])} …` failed with exit code {code}:\n" + "\n".join(last),
            f"The whole output is in {log_path}.",
        )
    return lines


def _forget_older(current: Path) -> None:
    """Keeps the binaries of the two builds before this one: each takes some 150 MB."""
    others = [
        f for f in current.parent.iterdir() if f.is_dir() and f != current and f.name[0] != "."
    ]
    others.sort(key=lambda f: f.stat().st_mtime, reverse=True)
    for folder in others[2:]:
        shutil.rmtree(folder, ignore_errors=True)
