"""Whether this machine lets its users make user namespaces: known only by trying."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path


@cache
def open_to(bwrap: Path) -> bool:
    """True where `bwrap` can make a user, a pid and a host-name namespace."""
    unshare = ["--unshare-user", "--unshare-pid", "--unshare-uts"]
    argv = [str(bwrap), *unshare, "--ro-bind", "/", "/", "true"]
    try:
        tried = subprocess.run(argv, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
