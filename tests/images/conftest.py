"""One real build of the course's images, from the machine's Debian mirror, for all tests here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course import images
from course.images import apt, paths

ROOT = Path(__file__).parents[2]
BUILD = "from course import images; print(images.ensure())"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of our own that any user may read; a test that uses it has it as XDG_CACHE_HOME."""
    if reason := apt.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("cache")
    for parent in (folder, *folder.parents[:3]):
        if parent != Path("/tmp") and os.access(parent, os.W_OK):
            parent.chmod(0o755)
    return folder


def use(cache: Path, patch: pytest.MonkeyPatch) -> None:
    """Only for one test or call: tests elsewhere use the binaries in the user's cache."""
    patch.setenv("XDG_CACHE_HOME", str(cache))
    patch.setenv("KUBELAB_IMAGES", "stand-in")


@pytest.fixture(autouse=True)
def _cache_in_use(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "cache" in request.fixturenames:
        use(request.getfixturevalue("cache"), monkeypatch)


@pytest.fixture(scope="session")
def layout(cache: Path) -> Path:
    """The built layout."""
    with pytest.MonkeyPatch.context() as patch:
        use(cache, patch)
        built = images.ensure()
        assert built == paths.layout() == cache / "kubelab/images"
    return built


class Image:
    """An image of a layout, by its full name."""

    def __init__(self, layout: Path, name: str) -> None:
        self.layout = layout
        index = json.loads((layout / "index.json").read_text())
        [self.entry] = [
            m for m in index["manifests"] if m["annotations"]["io.containerd.image.name"] == name
        ]
        self.manifest = self.json(self.entry)
        self.config = self.json(self.manifest["config"])

    def json(self, descriptor: dict[str, Any]) -> Any:
        return json.loads(self.path(descriptor).read_bytes())

    def path(self, descriptor: dict[str, Any]) -> Path:
        return self.layout / "blobs" / str(descriptor["digest"]).replace(":", "/")

    def unpack(self, folder: Path) -> None:
        for layer in self.manifest["layers"]:
            with tarfile.open(self.path(layer)) as tar:
                # Not extractall with a filter: Python 3.11 has none before 3.11.4, and Debian 12's is 3.11.2.
                for member in tar:
                    member.uid = member.gid = os.getuid()
                    member.uname = member.gname = ""
                    tar.extract(member, folder)


@pytest.fixture(scope="session")
def image(layout: Path) -> Callable[[str], Image]:
    return lambda name: Image(layout, f"docker.io/library/{name}")


def _readable(folder: Path) -> Path:
    """A copy of what builds images, for users who may not look into the repository."""
    copy = folder / "sources"
    if not copy.exists():
        unneeded = shutil.ignore_patterns("podling", "content", "locale", "__pycache__")
        shutil.copytree(ROOT / "course", copy / "course", ignore=unneeded)
    return copy


def python(code: str, cache: Path, user: str | None = None) -> subprocess.Popen[str]:
    """Starts Python code in a process of its own, as another user if one is named."""
    interpreter = sys.executable if user is None else "/usr/bin/python3"
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": str(ROOT if user is None else _readable(cache.parent)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CACHE_HOME": str(cache),
        "KUBELAB_IMAGES": "stand-in",
    }
    return subprocess.Popen(
        [interpreter, "-c", code],
        env=environment,
        user=user,
        group=None if user is None else "nogroup",
        extra_groups=None if user is None else [],
        cwd="/",
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
