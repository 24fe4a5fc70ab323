"""A kit in use: KUBELAB_KIT names its folder, and what it holds is taken from there, verified."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course.errors import KitError
from course.kit import VARIABLE, contents
from course.kit.build import BIN, IMAGES, NODE


@dataclass(frozen=True)
class Kit:
    """A kit that lies on this machine."""

    folder: Path
    contents: contents.Contents

    def programs(self) -> Path:
        """The folder of the programs, all of them verified."""
        for part in self.contents.parts:
            if part.path.startswith(f"{BIN}/"):
                contents.verified(self.folder, part)
        return self.folder / BIN

    def images(self) -> Path:
        """The OCI layout of the lessons' images, all of it verified."""
        for part in self.contents.parts:
            if part.path.startswith(f"{IMAGES}/"):
                contents.verified(self.folder, part)
        return self.folder / IMAGES

    def node(self) -> Path:
        """The archive of the node image, verified."""
        return contents.verified(self.folder, self.contents.part(NODE))


def current() -> Kit | None:
    """The kit that this process uses; None where it uses none.

    Raises:
        KitError: there is no kit where KUBELAB_KIT says, or one of another course.
    """
    folder = os.environ.get(VARIABLE, "")
    return _read(Path(folder)) if folder else None


@cache
def _read(folder: Path) -> Kit:
    from course.cluster import binary

    kit = Kit(folder.resolve(), contents.read(folder))
    if kit.contents.sources != binary.sources_hash():
        raise KitError(
            f"the kit in {folder} was built for another version of the course.",
            "Use the course that is in the kit: course.tar. Or build the kit anew: ./lab kit build",
        )
    return kit
