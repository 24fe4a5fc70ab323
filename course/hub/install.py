"""Puts what a hub has beside the course itself into one folder that all users can read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from course import launching
from course.cluster import binary
from course.errors import BuildError

LOCK = Path(__file__).with_name("requirements.lock")


def install(folder: Path) -> None:
    """Brings the Python packages; builds, and copies, what every cluster needs.

    What was there stays, for clusters that run may use it.

    Raises:
        BuildError: the packages cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_from = folder / LOCK.name  # there once the packages are whole
    if not made_from.exists() or made_from.read_bytes() != LOCK.read_bytes():
        _packages(folder)
        shutil.copy(LOCK, made_from)
    images = launching.prepare("embedded")
    programs, cache = binary.ensure(), folder / "cache"
    target = cache / "bin" / binary.sources_hash()
    if not target.exists():
        shutil.copytree(programs, target)
    if images:
        shutil.copytree(images, cache / "images", dirs_exist_ok=True)
    for entry in [folder, *folder.rglob("*")]:
        if not entry.is_symlink():
            entry.chmod(entry.stat().st_mode | (0o555 if entry.is_dir() else 0o444))


def _packages(folder: Path) -> None:
    uv = shutil.which("uv")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--upgrade"]
    if uv:  # `./lab` makes an environment without pip then
        pip = [uv, "pip", "install", "--python", sys.executable]
    # No dependencies: the two lock files have them all. requirements.in says why they are not looked for.
    options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(folder), "-r", str(LOCK)]
    done = subprocess.run([*pip, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(
            f"JupyterHub's packages could not be installed into {folder}:\n{done.stderr.strip()}",
            "Mend the cause (network, disk space) and run the command again.",
        )
