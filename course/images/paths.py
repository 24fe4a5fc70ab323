"""Where this package keeps things: in the cache, which may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path


def cache() -> Path:
    """$XDG_CACHE_HOME/kubelab (by the XDG rules, a relative path there counts as none)."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "kubelab"


def layout() -> Path:
    """The OCI image layout of the course's images."""
    return cache() / "images"


def apt() -> Path:
    """The folders of our own apt."""
    return cache() / "apt"


def tools() -> Path:
    """Programs taken from packages."""
    return cache() / "tools"
