"""Building programs with the Go toolchain: which one there is, and `go build` with its progress shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from course import disk, paths
from course.errors import BuildError
from course.progress import Progress

FLAGS = ("-trimpath", "-buildvcs=false")
"""What every build has: the same sources make the same bytes, wherever they lie."""
_ROOM_FOR_GO = 2 << 30
"""Bytes that Go's build cache grows by in a build from nothing."""


def toolchain(module: Path, what: str = "the cluster's binary") -> str:
    """The path of a Go toolchain that can build `module`, a folder with a go.mod.

    Raises:
        BuildError: there is none, or it is too old to fetch a newer one by itself.
    """
    wanted = _go_of(module)
    conda = f"conda install -c conda-forge 'go>={wanted}'"
    install = f"Install Go {wanted} or newer (go.dev/doc/install, or: {conda})"
    go = shutil.which("go")
    if not go:
        raise BuildError(
            f"{what} is not built yet, and there is no Go toolchain to build it.",
            f"{install}, and run the command again. It is needed for the first start only.",
        )
    said = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    match = re.search(r"go(\d+)\.(\d+)", said.stdout)
    if not match or (int(match[1]), int(match[2])) < (1, 21):
        raise BuildError(
            f"{go} ({said.stdout.strip() or said.stderr.strip()}) is too old to build {what}.",
            f"{install}, put it first on PATH, and run the command again.",
        )
    return go


def _go_of(module: Path) -> str:
    text = (module / "go.mod").read_text()
    match = re.search(r"^go (\d+\.\d+)", text, re.MULTILINE)
    return match[1] if match else "1.26"


def build(
    module: Path,
    packages: Sequence[str],
    out: Path,
    progress: Progress,
    *,
    flags: Sequence[str] = FLAGS,
    what: str = "the cluster's binary",
) -> None:
    """Builds the main packages of a module, without cgo, into the folder `out`.

    Raises:
        BuildError: there is no toolchain, or the build failed; its last words are in the message.
        DiskFullError: Go's build cache has no room to grow.
    """
    go = toolchain(module, what)
    cache = subprocess.run([go, "env", "GOCACHE"], capture_output=True, text=True, check=False)
    disk.need(Path(cache.stdout.strip() or "/"), _ROOM_FOR_GO, f"building {what}")
    logs = paths.cache_home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"build-{module.name}.log"
    log.write_text("")
    progress("fetching Go modules", 0, 0)
    total = len(_run(module, [go, "list", "-deps", *packages], log, progress, 0))
    _run(module, [go, "build", "-v", *flags, "-o", f"{out}/", *packages], log, progress, total)


def _run(
    module: Path, argv: list[str], log_path: Path, progress: Progress, total: int
) -> list[str]:
    """Runs a go command; returns its lines. Each line of `go build -v` is one package compiled."""
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    lines: list[str] = []
    last: deque[str] = deque(maxlen=15)
    with log_path.open("a") as log:
        child = subprocess.Popen(
            argv,
            cwd=module,
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
                    linking = name.startswith("kubelab.dev/") and "/internal/" not in name
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
