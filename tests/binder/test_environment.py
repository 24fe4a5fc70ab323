"""environment.yml, binder/environment.yml, pyproject.toml and the lock file ask for one and the same."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from course import paths

HERE, BINDER = paths.ROOT / "environment.yml", paths.ROOT / "binder" / "environment.yml"
LOCK = paths.ROOT / "requirements.lock"
CORE = ("jupyterlab", "nbgrader", "kubernetes", "ipywidgets", "papermill")


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def packages(file: Path) -> list[str]:
    """What conda installs, without what pip does."""
    return [one for one in read(file)["dependencies"] if isinstance(one, str)]


def locked() -> dict[str, Version]:
    """The lock's packages, by their normal names."""
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE)
    return {normal(name): Version(version) for name, version in pins}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_binder_asks_for_what_the_root_asks_for() -> None:
    assert packages(BINDER) == packages(HERE)
    assert read(BINDER)["channels"] == read(HERE)["channels"]


@pytest.mark.parametrize("file", [HERE, BINDER], ids=["root", "binder"])
def test_pythons_packages_are_those_of_the_lock_file(file: Path) -> None:
    (pip,) = [one["pip"] for one in read(file)["dependencies"] if isinstance(one, dict)]
    (line,) = pip
    # pip looks for it beside the file that names it.
    assert (file.parent / line.removeprefix("-r ")).resolve() == LOCK


def test_the_lock_has_every_package_that_the_course_depends_on() -> None:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pins = locked()
    for requirement in map(Requirement, wanted):
        version = pins[normal(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: the lock has {version}"
    assert set(CORE) <= set(pins)


def test_every_package_of_the_lock_has_hashes() -> None:
    entries = re.split(r"^(?=[\w.-]+==)", LOCK.read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) >= len(locked()) > 100
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_go_of_the_environment_builds_the_cluster() -> None:
    (asked,) = [one for one in packages(HERE) if one.startswith("go")]
    (needed,) = re.findall(
        r"^go ([\d.]+)$", (paths.PODLING_SOURCES / "go.mod").read_text(), re.MULTILINE
    )
    assert Version(asked.removeprefix("go>=")) <= Version(needed)
    assert Version(needed).release[:2] == Version(asked.removeprefix("go>=")).release[:2]


def test_the_python_of_the_environment_runs_the_course() -> None:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
    (asked,) = [one for one in packages(HERE) if one.startswith("python")]
    assert Requirement(f"python{project['requires-python']}").specifier.contains(
        asked.removeprefix("python=") + ".0"
    )


def test_binder_can_run_its_scripts() -> None:
    for name in ("postBuild", "start"):
        assert os.access(paths.ROOT / "binder" / name, os.X_OK), name
