"""The image of kind's nodes: kindest/node where it can be pulled, the kit's own where not."""

from __future__ import annotations

import subprocess
from pathlib import Path

from course import locks, paths
from course.cluster.binary import KUBERNETES
from course.cluster.kind.engine import Engine
from course.errors import ClusterError
from course.progress import Progress, silent

STOCK = f"kindest/node:{KUBERNETES}"
_PULL_WITHIN, _LOAD_WITHIN = 900.0, 300.0


def ensure(engine: Engine, progress: Progress = silent) -> str:
    """The name of an image that the engine has; pulled, or built and loaded, if need be.

    Raises:
        ClusterError: the engine cannot load it.
        BuildError, ImageError: the kit's own cannot be built.
    """
    own = _own_name()
    if engine.name == "podman":
        # So it calls what it loads; kind would take docker.io for the registry.
        own = f"localhost/{own}"
    for name in (STOCK, own):
        if _has(engine, name):
            return name
    if _pull(engine, progress):
        return STOCK
    archive = archive_of_own(progress)
    progress("loading the node image", 0, 0)
    with archive.open("rb") as data:
        done = subprocess.run(
            engine.argv("load"), stdin=data, capture_output=True, timeout=_LOAD_WITHIN, check=False
        )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise ClusterError(f"{engine.name} could not load the node image {archive}: {words}")
    return own


def _own_name() -> str:
    from course.kit import archive, node_image, use

    kit = use.current()
    return archive.name_in(kit.node()) if kit else node_image.name()


def archive_of_own(progress: Progress = silent) -> Path:
    """The kit's node image as an archive in the cache, built if need be."""
    from course.images import apt
    from course.images import paths as image_paths
    from course.kit import node_image, use

    if kit := use.current():
        return kit.node()
    folder = paths.cache_home() / "kit"
    archive = folder / f"node-{node_image.key()}.tar"
    with locks.held(folder / ".node.lock", 3600, "building kind's node image"):
        if not archive.is_file():
            apt.require()
            own = apt.Apt(image_paths.apt())
            node_image.make(archive, own, progress)
            own.tidy()
            for old in folder.glob("node-*.tar"):
                if old != archive:
                    old.unlink()
    return archive


def _has(engine: Engine, name: str) -> bool:
    argv = engine.argv("image", "inspect", name)
    return subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0


def _pull(engine: Engine, progress: Progress) -> bool:
    from course import images

    if not images.docker_io_answers():
        return False
    progress(f"pulling {STOCK}", 0, 0)
    try:
        done = subprocess.run(
            engine.argv("pull", STOCK), capture_output=True, timeout=_PULL_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
