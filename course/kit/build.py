"""`lab kit build`: gathers all that a class needs with no internet into one folder."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from course import disk, images, paths
from course.cluster import binary
from course.cluster.binary import KUBERNETES
from course.errors import KitError
from course.kit import components, contents, programs, system_images
from course.progress import Progress

_ROOM = 2 << 30
"""Bytes that a kit takes while it is built."""
_WHEELS_WITHIN = 1800.0

BIN, IMAGES, NODE, WHEELS, COURSE = "bin", "images", "node.tar", "wheels", "course.tar"


def build(out: Path, progress: Progress) -> contents.Contents:
    """Builds the kit into the folder `out`, which is replaced when the new one is whole.

    Raises:
        KitError: `out` is a folder, and no kit; or the wheels cannot be had.
        BuildError, ImageError: a part cannot be built.
    """
    if out.exists() and not (out / contents.FILE).is_file() and any(out.iterdir()):
        raise KitError(
            f"{out} holds other things than a kit.", "Name another folder, or empty this one."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    disk.need(out.parent, _ROOM, "building the kit")
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=out.parent) as temporary:
        new = Path(temporary) / "kit"
        new.mkdir()
        parts = [
            contents.part_of(new, path.relative_to(new).as_posix(), what)
            for what, make in _STEPS
            for path in _files(make(new, progress))
        ]
        found = components.find(new, progress)
        licences = new / components.LICENCES
        parts += [
            contents.part_of(new, path.relative_to(new).as_posix(), "a licence")
            for path in _files(licences)
        ]
        listed = contents.Contents(
            kubernetes=KUBERNETES,
            architecture=system_images.architecture(),
            sources=binary.sources_hash(),
            parts=sorted(parts, key=lambda part: part.path),
            components=found,
        )
        listed.write(new)
        if out.exists():
            shutil.rmtree(out)
        new.rename(out)
    return listed


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from sorted(path for path in place.rglob("*") if path.is_file())


def _programs(kit: Path, progress: Progress) -> Path:
    folder = kit / BIN
    folder.mkdir()
    podling = binary.ensure(progress)
    found = [podling / name for name in binary.NAMES]
    found += [programs.ensure(name, progress) / name for name in ("kind", "kind-node")]
    for program in found:
        shutil.copy2(program, folder)
    return folder


def _images(kit: Path, progress: Progress) -> Path:
    """The lessons' images; always the stand-ins, which can be built anywhere and given to anybody."""
    layout = images.stand_ins(progress)
    shutil.copytree(layout, kit / IMAGES, ignore=shutil.ignore_patterns(".*"))
    return kit / IMAGES


def _node(kit: Path, progress: Progress) -> Path:
    from course.cluster.kind import image

    shutil.copyfile(image.archive_of_own(progress), kit / NODE)
    return kit / NODE


def _wheels(kit: Path, progress: Progress) -> Path:
    progress("fetching Python wheels", 0, 0)
    argv = [*_pip(), "download", "--quiet", "--require-hashes", "--no-deps"]
    argv += ["--only-binary=:all:", f"--dest={kit / WHEELS}"]
    argv += ["--requirement", str(paths.ROOT / "requirements.lock")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_WHEELS_WITHIN, check=False)
    if done.returncode:
        raise KitError(f"the Python wheels cannot be had:\n{done.stderr.strip()[-1500:]}")
    return kit / WHEELS


def _pip() -> list[str]:
    """The command pip: this environment's own, or, where uv has made it without one, uv's.

    Raises:
        KitError: there is neither.
    """
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise KitError(
        "there is no pip to fetch the Python wheels with.", "Install it: apt install python3-pip"
    )


def _course(kit: Path, _progress: Progress) -> Path:
    """The course itself, as git has it, so that a machine needs nothing but the kit."""
    argv = [
        "git",
        "archive",
        "--format=tar",
        "--prefix=kubelab/",
        f"--output={kit / COURSE}",
        "HEAD",
    ]
    done = subprocess.run(argv, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KitError(f"git cannot pack the course: {done.stderr.strip()}")
    return kit / COURSE


_STEPS: tuple[tuple[str, Callable[[Path, Progress], Path]], ...] = (
    ("a program of the lab", _programs),
    ("the lessons' images, as an OCI layout", _images),
    ("the image of kind's nodes, as `docker save` writes it", _node),
    ("a Python package of the lab", _wheels),
    ("the course", _course),
)
