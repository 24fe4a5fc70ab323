"""`lab kit`: all that a class needs with no internet."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import click

from course.errors import UsageError
from course.kit import VARIABLE


def use(place: str | None) -> None:
    """Makes this command, and all that it starts, take what it needs from a kit: a folder's, or a teacher's.

    Raises:
        UsageError: there is no such folder.
        KitError: there is no kit in it, or one of another version of the course.
    """
    if not place:
        return
    from course.kit import memory
    from course.kit import use as kits

    # A URL: `./lab` itself has fetched it and named the folder, for Python comes from there too.
    if not place.startswith(("http://", "https://")):
        if not Path(place).is_dir():
            raise UsageError(
                f"there is no folder {place}.", "Give the folder that `./lab kit build` made."
            )
        os.environ[VARIABLE] = str(Path(place).resolve())
    if found := kits.current():
        memory.remember(found.folder)


def use_last() -> None:
    """Takes the kit that was used last, where the line and the environment name none."""
    from course.kit import memory

    if not os.environ.get(VARIABLE) and (folder := memory.recall()):
        os.environ[VARIABLE] = str(folder)


@click.group()
def kit() -> None:
    """All that a class needs with no internet, as one folder."""


@kit.command("build")
@click.option("--out", default="kit", type=click.Path(path_type=Path, file_okay=False), show_default=True,
              metavar="FOLDER", help="Where the kit is put.")  # fmt: skip
def build(out: Path) -> None:
    """Gather programs, images and Python packages; builds what is missing.

    Nothing is pulled from a container registry: images are built from Debian packages and Go modules.
    """
    from course import disk, progress
    from course.kit import build as builds

    with progress.shown("Building the kit") as bar:
        contents = builds.build(out, bar)
    size = sum(part.size for part in contents.parts)
    click.echo(
        f"The kit is in {out}: {len(contents.parts)} files, {disk.human(size)}, of "
        f"{len(contents.components)} components with their licences. Its contents: {out}/kit.json"
    )
    click.echo(f"Use it: ./lab start --kit {out}. Share it: ./lab kit serve {out}")


@kit.command("check")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def check(folder: Path) -> None:
    """Compare every file of the kit in FOLDER with its SHA-256."""
    from course.kit import contents

    found = contents.read(folder)
    for part in found.parts:
        contents.verified(folder, part)
    click.echo(f"All {len(found.parts)} files of the kit are as kit.json says.")


@kit.command("serve")
@click.option("--port", default=8765, type=click.IntRange(1, 65535), show_default=True, metavar="N",
              help="For the kit's files.")  # fmt: skip
@click.option("--mirror-port", default=5000, type=click.IntRange(1, 65535), show_default=True, metavar="N",
              help="For the images, as a mirror of docker.io.")  # fmt: skip
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def serve(port: int, mirror_port: int, folder: Path) -> None:
    """Give the kit in FOLDER to the machines of a classroom, until Ctrl-C.

    Anyone who reaches this machine can read the kit.
    """
    from course import signals
    from course.kit import serve as serves

    with serves.serving(folder, port, mirror_port) as url:
        host = url.rpartition(":")[0]
        click.echo(
            f"The kit is at {url}; the mirror of docker.io at {host}:{mirror_port}. Ctrl-C ends both."
        )
        click.echo("A student's machine, with Python alone, begins with:")
        click.echo(f"  curl {url}/course.tar | tar x && cd kubelab && ./lab start --kit {url}")
        with contextlib.suppress(KeyboardInterrupt):
            if not signals.lost():
                threading.Event().wait()
