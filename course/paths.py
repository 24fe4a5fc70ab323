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
JUPYTER_CONFIG = JUPYTER_DATA / "config"
"""Folders for JUPYTER_CONFIG_PATH, one for all languages and others for one."""
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


def jupyter_env(lang: str = "") -> dict[str, str]:
    """The variables by which Jupyter finds the course's card and its defaults, before what they named already.

    The defaults are settings of JupyterLab that a person can still change: it asks nobody whether to fetch news from
    the internet, and speaks the language of the lessons, where a language pack for that is installed.
    """
    defaults = [
        JUPYTER_CONFIG / name for name in (lang, "all") if name and (JUPYTER_CONFIG / name).is_dir()
    ]
    given = {"JUPYTER_PATH": [JUPYTER_DATA], "JUPYTER_CONFIG_PATH": defaults}
    return {
        name: os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get(name)])])
        for name, folders in given.items()
    }


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
