"""The kind program: the one on PATH, else one that the Go toolchain builds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from course.errors import BuildError, ToolError
from course.progress import Progress, silent

_OLDEST = (0, 27)
"""Older ones do not know the configuration of containerd 2 in a node."""


def find() -> Path | None:
    """The kind on PATH, if it is new enough."""
    found = shutil.which("kind")
    if not found:
        return None
    said = subprocess.run(
        [found, "version"], capture_output=True, text=True, timeout=20, check=False
    )
    match = re.search(r"v(\d+)\.(\d+)", said.stdout)
    return Path(found) if match and (int(match[1]), int(match[2])) >= _OLDEST else None


def ensure(progress: Progress = silent) -> Path:
    """The kind program, built from its Go module where PATH has none that will do.

    Raises:
        ToolError: there is none, and it cannot be built.
    """
    found = find()
    if found:
        return found
    from course.kit import programs

    try:
        return programs.ensure("kind", progress) / "kind"
    except BuildError as error:
        raise ToolError(
            f"kind was not found, and cannot be built: {error.message}",
            f"Install kind 0.27 or newer (kind.sigs.k8s.io). {error.next_step}",
        ) from error


def env(engine: str) -> dict[str, str]:
    """The variables of a kind that uses this engine, and touches no kubeconfig of the user's own."""
    kept = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
    return kept | {"KIND_EXPERIMENTAL_PROVIDER": engine}
