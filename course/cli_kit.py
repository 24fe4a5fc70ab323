"""`lab kit`: all that a class needs with no internet."""

from __future__ import annotations

import os
from pathlib import Path

import click


def use(folder: str | None) -> None:
    """Makes this command, and all that it starts, take what it needs from the kit in a folder."""
    if folder:
        os.environ["KUBELAB_KIT"] = str(Path(folder).resolve())


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
