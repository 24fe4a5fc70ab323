"""`lab hub`: the course on JupyterHub, a server and a cluster for each student."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from course.errors import UsageError

_folder = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.group()
def hub() -> None:
    """The course on JupyterHub: course/hub/JUPYTERHUB.md is its page."""


@hub.command("install")
@_folder
def install(folder: Path) -> None:
    """Put JupyterHub, ngshare and what every cluster needs into FOLDER, for all users to read.

    Builds what is missing first. Call it again after the course has changed.
    """
    from course.hub import install as installs

    installs.install(folder.resolve())
    click.echo(f"The hub's programs are in {folder}. Start it: ./lab hub run {folder}")


@hub.command("run", context_settings={"ignore_unknown_options": True})
@_folder
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def run(folder: Path, options: tuple[str, ...]) -> None:
    """Become JupyterHub, with the jupyterhub_config.py of the folder that you are in.

    OPTIONS are JupyterHub's own.
    """
    if not (folder / "jupyterhub").is_dir():
        raise UsageError(
            f"there is no JupyterHub in {folder}.", f"Put it there: ./lab hub install {folder}"
        )
    sys.stdout.flush()
    folder = folder.resolve()
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
    env = os.environ | {"PYTHONPATH": str(folder), "PATH": path}
    os.execve(sys.executable, [sys.executable, "-m", "jupyterhub", *options], env)  # noqa: S606
