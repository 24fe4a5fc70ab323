"""What a confined run of the cluster tests needs, gathered where any user may read it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from course import images, paths
from course.cluster import tools

_PARTS = ("course", "grader", "notebooks", "tests", "binder", "pyproject.toml")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.ipynb_checkpoints")


@dataclass(frozen=True)
class Stage:
    """A folder with a copy of the repository, the built binaries and images, and a user's own folders.

    Attributes:
        folder: all of it; read-only but for `home` and `tmp`.
    """

    folder: Path

    @property
    def repository(self) -> Path:
        """The copy of the repository; the built binaries are in it, as in a wheel."""
        return self.folder / "repo"

    @property
    def cache(self) -> Path:
        """XDG_CACHE_HOME: the course's images."""
        return self.folder / "cache"

    def has_images(self) -> bool:
        """Whether images were made here; if not, they are pulled from docker.io."""
        return (self.cache / "kubelab" / "images").is_dir()

    @property
    def home(self) -> Path:
        """HOME."""
        return self.folder / "home"

    @property
    def tmp(self) -> Path:
        """TMPDIR: the state of the run's cluster is below it."""
        return self.folder / "t"

    def env(self, executor: str = "", home: Path | None = None) -> dict[str, str]:
        """The whole environment of a run.

        Args:
            executor: the one that the tests have to find in use; empty: any.
            home: HOME, where it is not the stage's.
        """
        home = home or self.home
        own = _own_proot()
        program_folders = [Path(sys.prefix) / "bin", *([own.parent] if own else [])]
        system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        # A Python built with --enable-shared may be found by this alone.
        kept = {k: os.environ[k] for k in ("LD_LIBRARY_PATH",) if k in os.environ}
        return kept | {
            "PATH": os.pathsep.join([*map(str, program_folders), *system]),
            "PYTHONPATH": str(self.repository),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "USER": "student",
            "HOME": str(home),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "KUBELAB_IMAGES": "auto" if self.has_images() else "real",
            "KUBELAB_EXPECTED_EXECUTOR": executor,
        }

    def argv(self, *files: str) -> list[str]:
        """The suite of cluster tests, or some of its files, run by this environment's own interpreter."""
        options = ["-q", "--durations=15", "-p", "no:cacheprovider", "--color=no"]
        tests = [f"tests/cluster/{file}" for file in files] or ["tests/cluster"]
        return [sys.executable, "-m", "pytest", *options, *tests]


def make(folder: Path, binaries: Path) -> Stage:
    """Copies the repository, its binaries and the course's images, readable for all."""
    stage = Stage(folder)
    for part in _PARTS:
        source = paths.ROOT / part
        target = stage.repository / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=_NOT_COPIED)
        elif source.is_file():
            shutil.copy2(source, target)
    if not (stage.repository / "course" / "bin").is_dir():
        shutil.copytree(binaries, stage.repository / "course" / "bin")
    stage.cache.mkdir()
    layout = images.ensure()
    if layout:
        shutil.copytree(layout, stage.cache / "kubelab" / "images")
    for entry in [folder, *folder.rglob("*")]:
        entry.chmod(entry.stat().st_mode | (0o555 if entry.is_dir() else 0o444))
    stage.home.mkdir()
    stage.tmp.mkdir()
    stage.tmp.chmod(0o1777)
    return stage


def interpreter() -> list[Path]:
    """The folders outside the system's own that this environment's Python consists of."""
    found = {Path(p) for p in (sys.prefix, sys.base_prefix)}
    program = Path(sys.executable)
    while program.is_symlink():  # bin/python → bin/python3 → …/versions/3.11/bin/python3.11
        program = program.parent / program.readlink()
        found.add(Path(os.path.normpath(program)).parent.parent)
    found |= {path.resolve() for path in found}
    outside = {p for p in found | set(_proot_folders()) if not _of_the_system(p)}
    return sorted(p for p in outside if not any(p != q and p.is_relative_to(q) for q in outside))


def _of_the_system(path: Path) -> bool:
    return path == Path("/") or path.parts[1] in ("usr", "bin", "lib", "lib64", "sbin", "etc")


def _own_proot() -> Path | None:
    """PRoot, where it is not the system's: in the cache, where it came from its Debian package, say."""
    proot = tools.proot()
    return None if proot is None or _of_the_system(proot) else proot


def _proot_folders() -> list[Path]:
    proot = _own_proot()
    if proot is None:
        return []
    # A script of the cache names files in the folder above its own.
    return [proot.parent.parent if proot.is_relative_to(paths.cache_home()) else proot.parent]
