"""The course's images, where there is no internet: built from Debian packages.

`ensure()` is what others call. The result is an OCI image layout that podling's registry serves as
docker.io's mirror.
"""

from __future__ import annotations

import hashlib
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

from course.errors import ImageError
from course.images import paths
from course.images.lock import held
from course.images.oci import Layout
from course.kit import VARIABLE

__all__ = ["docker_io_answers", "ensure", "key", "needed", "stand_ins"]

_DOCKER_IO = "https://registry-1.docker.io/v2/"
MODES = ("auto", "real", "stand-in")


def ensure(
    progress: Callable[[str, int, int], None] = lambda _message, _done, _total: None,
) -> Path | None:
    """Makes sure that the course's images can be had; builds them if they must be.

    Stand-ins that are built already are used, so that a course does not change its images from day
    to day. KUBELAB_IMAGES=real or stand-in overrides the choice (default: auto).

    Args:
        progress: called with a message, steps done and steps in all.

    Returns:
        The OCI image layout to serve, or None where real images are pulled from docker.io.

    Raises:
        ImageError: docker.io does not answer, and the images cannot be built here.
    """
    if os.environ.get(VARIABLE):
        from course.kit import use

        kit = use.current()
        return kit.images() if kit else None
    folder = paths.layout()
    if _mode() == "real":
        return None
    if _built(folder) or needed():
        return stand_ins(progress)
    return None


def stand_ins(
    progress: Callable[[str, int, int], None] = lambda _message, _done, _total: None,
) -> Path:
    """The OCI image layout of the stand-ins, which are built if need be, whether or not docker.io answers.

    Raises:
        ImageError: they cannot be built here.
    """
    folder = paths.layout()
    return folder if _built(folder) else _build(folder, progress)


def _built(folder: Path) -> bool:
    return (folder / "index.json").is_file() and Layout(folder).is_whole(key())


def needed() -> bool:
    """Whether stand-ins must be built: always or never by KUBELAB_IMAGES, else by trying."""
    mode = _mode()
    return mode == "stand-in" or (mode == "auto" and not docker_io_answers())


def docker_io_answers(seconds: float = 3.0) -> bool:
    """Whether docker.io's registry answers within so many seconds."""
    answers: list[bool] = []
    # In a thread: looking up a name has no deadline of its own, and takes long where DNS is dead.
    asking = threading.Thread(target=lambda: answers.append(_ask_docker_io(seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return answers == [True]


def _ask_docker_io(seconds: float) -> bool:
    try:
        with urllib.request.urlopen(_DOCKER_IO, timeout=seconds):
            return True
    except urllib.error.HTTPError as answer:
        # One who has no token yet gets 401 from the registry; a proxy that refuses says otherwise.
        version = answer.headers.get("Docker-Distribution-Api-Version", "")
        return answer.code == 401 and "registry/2.0" in version
    except (OSError, ValueError):
        return False


def _mode() -> str:
    mode = os.environ.get("KUBELAB_IMAGES") or "auto"
    if mode not in MODES:
        raise ImageError(f"KUBELAB_IMAGES is {mode!r}", f"Set it to one of: {', '.join(MODES)}.")
    return mode


@cache
def key() -> str:
    """What the images depend on: the definitions and the code that builds from them."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*here.glob("*.py"), *here.glob("definitions/*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _build(folder: Path, progress: Callable[[str, int, int], None]) -> Path:
    # Imported late: a start that finds the images built pays for none of this.
    from course.images import apt, build, spec

    try:
        apt.require()
        with held(folder / ".lock"):
            layout = Layout(folder)
            if not layout.is_whole(key()):  # another one may have built them while we waited
                own = apt.Apt(paths.apt())
                index = build.build(spec.definitions(), layout, own, progress)
                own.tidy()
                layout.publish(index, key())
    except OSError as problem:
        raise ImageError(
            f"the course's images could not be written to {folder}: {problem}",
            "Make room on the disk or set XDG_CACHE_HOME to a folder you may write to.",
        ) from problem
    return folder
