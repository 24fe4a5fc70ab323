"""Where things are: the XDG folders, the repository, a cluster's state."""

from __future__ import annotations

import os
import re
from pathlib import Path

from course.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
PODLING_SOURCES = PACKAGE / "podling"
JUPYTER_DATA = PACKAGE / "views" / "jupyter"
"""A folder for JUPYTER_PATH: with it, JupyterLab's launcher has the course's card."""
START_PAGE = "start.ipynb"
"""In a folder of notebooks, the page that JupyterLab opens first."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def _xdg(variable: str, default: str) -> Path:
    """The XDG base directory specification: a relative value is to be ignored."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default


def state_home() -> Path:
    """The folder that holds one folder for each cluster."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "kubelab"


def cache_home() -> Path:
    """The folder of what can be made again: binaries, images, pulled blobs."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "kubelab"


def cluster_state(name: str) -> Path:
    """The state folder of the cluster `name`.

    Raises:
        UsageError: the name is not one that a folder and a host name can both have.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a cluster's name.",
            "Use up to 32 small letters, digits and hyphens, for example: --name my-lab",
        )
    return state_home() / name


def jupyter_path() -> str:
    """JUPYTER_PATH with the course's folder in it."""
    before = os.environ.get("JUPYTER_PATH")
    return os.pathsep.join([str(JUPYTER_DATA), *([before] if before else [])])


def notebooks(lang: str) -> Path:
    """The folder of lessons and exercises in `lang`.

    Raises:
        UsageError: there are no notebooks in that language.
    """
    base = ROOT / "notebooks"
    folder = base / lang
    if not folder.is_dir():
        there = sorted(f.name for f in base.iterdir() if f.is_dir()) if base.is_dir() else []
        raise UsageError(
            f"there are no notebooks in the language {lang!r} in {base}.",
            f"Use one of: {', '.join(there)}" if there else "Make them with: ./lab build",
        )
    return folder
