"""What a kit holds: kit.json, with every file's SHA-256, and what it was made of with versions and licences."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ValidationError

from course.errors import KitError

FILE = "kit.json"
FORMAT = 1


class Part(BaseModel):
    """One file of the kit.

    Attributes:
        path: below the kit's folder.
        sha256: of its bytes, in hexadecimal.
        size: in bytes.
        what: what it is for, in a few words.
    """

    path: str
    sha256: str
    size: int
    what: str


class Component(BaseModel):
    """One thing by somebody else that files of the kit were made of.

    Attributes:
        kind: "debian", "go" or "python".
        licence: a file below the kit's folder with its licence, or what the package says of it.
    """

    kind: str
    name: str
    version: str
    licence: str


class Contents(BaseModel):
    """kit.json.

    Attributes:
        kubernetes: its version.
        architecture: of the programs and images, as images name it.
        sources: a hash of the sources that the lab's programs were built from.
    """

    format: int = FORMAT
    kubernetes: str
    architecture: str
    sources: str
    parts: list[Part]
    components: list[Component]

    def write(self, folder: Path) -> None:
        """Writes kit.json: the last step, so that a folder without it is no kit."""
        half = folder / f".{FILE}"
        half.write_text(self.model_dump_json(indent=2) + "\n")
        half.replace(folder / FILE)

    def part(self, path: str) -> Part:
        """The file of that path.

        Raises:
            KitError: the kit has none such.
        """
        for part in self.parts:
            if part.path == path:
                return part
        raise KitError(f"the kit has no {path}.", "Build it anew: ./lab kit build")


def read(folder: Path) -> Contents:
    """The contents of the kit in a folder.

    Raises:
        KitError: there is no kit, or one that this version does not know.
    """
    try:
        found = Contents.model_validate_json((folder / FILE).read_bytes())
    except OSError as error:
        raise KitError(
            f"there is no kit in {folder}: {FILE} cannot be read ({error.strerror}).",
            "Give the folder that `./lab kit build` made.",
        ) from error
    except ValidationError as error:
        raise KitError(f"{folder / FILE} is damaged: {error}", "Copy the kit again.") from error
    if found.format != FORMAT:
        raise KitError(
            f"the kit in {folder} has the format {found.format}, and this lab knows {FORMAT}.",
            "Use the kit and the course of one version.",
        )
    return found


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def part_of(folder: Path, path: str, what: str) -> Part:
    """A file that is in the kit's folder, measured."""
    file = folder / path
    return Part(path=path, sha256=digest(file), size=file.stat().st_size, what=what)


def verified(folder: Path, part: Part) -> Path:
    """The file of a part, once its bytes are what kit.json says.

    Raises:
        KitError: the file is gone, or its bytes are others.
    """
    file = folder / part.path
    if not file.is_file():
        raise KitError(f"the kit lacks {part.path}.", "Copy the kit again, whole.")
    if file.stat().st_size != part.size or digest(file) != part.sha256:
        raise KitError(
            f"{file} is not what {FILE} says: it was changed, or copied only in part.",
            "Copy the kit again, from where it was built.",
        )
    return file
