"""Compiled Python for the sandboxes, which have no place where Python could keep what it has compiled.

Without it, each kernel compiles all of IPython anew: more than half of what its start takes. The cache holds
what Python itself writes when the worker and a kernel run once outside (PYTHONPYCACHEPREFIX); the sandboxes
read it. Python compares a source's time and size: what is stale costs time, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

from course import paths
from course.progress import Progress

_WITHIN = 120.0
# The failure brings in what shows one.
_CELL = "%load_ext course\nfrom course import checks\nchecks.answer('nothing')"


def cached() -> Path:
    """The folder of the cache."""
    return paths.cache_home() / "bytecode"


def of(folders: Iterable[Path | str]) -> list[Path]:
    """Where the compiled code of sources in these folders is; only what there is."""
    prefix = sys.pycache_prefix
    places = [Path(f"{prefix}{folder}") for folder in folders] if prefix else []
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def ensure(progress: Progress) -> Path | None:
    """Compile what is not there yet; where that fails, the sandboxes work as well, but are slower.

    Returns:
        the folder of the cache; None where it cannot be made, in a cache that may only be read, say.
    """
    done = cached() / f"made-{_key()}"
    if not done.exists():
        progress("compiling what the sandboxes import", 0, 0)
        with contextlib.suppress(OSError, RuntimeError, subprocess.SubprocessError):
            _compile(cached())
            done.touch()
    return cached() if cached().is_dir() else None


def _key() -> str:
    """Of this Python and its packages, and of our own sources."""
    ours = [path for name in ("course", "grader") for path in (paths.ROOT / name).rglob("*.py")]
    packages = [Path(folder) for folder in sys.path if folder.endswith("site-packages")]
    times = [path.stat().st_mtime_ns for path in sorted([*ours, *packages])]
    return hashlib.sha256(repr((sys.version, sys.prefix, times)).encode()).hexdigest()[:16]


def _compile(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="kl-") as room:
        env |= {
            "PYTHONPYCACHEPREFIX": str(folder),
            "PYTHONPATH": str(paths.ROOT),
            "IPYTHONDIR": room,
        }
        command = [sys.executable, "-c", "import grader.worker"]
        subprocess.run(command, env=env, cwd=room, timeout=_WITHIN, check=True)
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        manager, client = start_new_kernel(_WITHIN, env=env, cwd=room, **quiet)
        try:
            client.execute_interactive(_CELL, timeout=_WITHIN, output_hook=lambda _message: None)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
