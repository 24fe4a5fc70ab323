"""`./lab` makes its environment from the lock file: once, whole, and again when the file changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from course import paths
from tests.support import fastest


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a short lock file and a `course` that only says what it was given."""
    folder = tmp_path / "clone"
    (folder / "course").mkdir(parents=True)
    shutil.copy2(paths.ROOT / "lab", folder)
    (folder / "course" / "__main__.py").write_text(
        "import sys, click\nprint('handed over:', sys.argv[1:], sys.prefix)\n"
    )
    (folder / "course" / "__init__.py").touch()
    (folder / "requirements.lock").write_text(locked("click"))
    return folder


def locked(name: str) -> str:
    """The lines of one package in the real lock file, hashes and all."""
    text = (paths.ROOT / "requirements.lock").read_text()
    found = re.search(rf"^{name}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def start(clone: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [clone / "lab", "one", "two words"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    )


def lab(clone: Path, **env: str) -> tuple[int, str, str]:
    child = start(clone, **env)
    out, err = child.communicate(timeout=120)
    return child.returncode, out, err


def test_the_first_call_makes_the_environment_and_the_second_adds_little(clone):
    code, out, err = lab(clone)
    assert code == 0
    assert out.startswith("handed over: ['one', 'two words']")
    assert "making the Python environment" in err
    code, out, err = lab(clone)
    assert (code, err) == (0, "")
    # What it adds is told from what the clone's own `course` takes, which imports click and ends.
    alone = [clone / ".venv/bin/python", "-P", "-c", "import click"]
    whole, course = fastest(lambda: lab(clone), lambda: subprocess.run(alone, check=True))
    assert whole - course < 0.5


def test_a_changed_lock_file_makes_it_anew_and_the_old_one_goes(clone):
    lab(clone)
    before = (clone / ".venv").resolve()
    with (clone / "requirements.lock").open("a") as lock:
        lock.write(locked("pyyaml"))
    _, out, err = lab(clone)
    assert "making the Python environment" in err
    assert str((clone / ".venv").resolve()) not in (str(before), "")
    assert not before.exists()
    assert out.startswith("handed over")


def test_two_at_once_make_it_once(clone):
    both = [start(clone), start(clone)]
    said = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0]
    assert sum("making the Python environment" in err for _, err in said) == 1


def test_a_package_that_is_not_what_the_lock_file_says_is_refused(clone):
    lock = clone / "requirements.lock"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text()))
    code, out, err = lab(clone)
    assert code == 1
    assert "ERROR: the Python environment could not be made" in err
    assert "hash" in err.lower()
    assert not out
    assert not (clone / ".venv").exists()


def test_a_moved_clone_makes_its_environment_again(clone):
    lab(clone)
    moved = clone.rename(clone.with_name("moved"))
    code, out, err = lab(moved)
    assert code == 0
    assert "making the Python environment" in err
    assert str(moved) in out


def test_no_python_that_is_new_enough_is_said(clone, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "readlink", "dirname", "cmp"):
        (tools / name).symlink_to(shutil.which(name))
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    code, _, err = lab(clone, PATH=str(tools))
    assert code == 1
    assert "ERROR: Python 3.11 or newer was not found. Install it" in err


@pytest.fixture
def path_without_uv(tmp_path: Path) -> str:
    """A PATH with what the script needs, and a Python."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in [
        "sh",
        "readlink",
        "dirname",
        "cmp",
        "cksum",
        "tr",
        "rm",
        "mkdir",
        "cp",
        "ln",
        "mv",
        "tail",
        "sed",
    ]:
        (tools / name).symlink_to(shutil.which(name))
    real = subprocess.run(
        ["python3", "-c", "import sys; print(sys._base_executable)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (tools / "python3").write_text(f'#!/bin/sh\nexec {real.stdout.strip()} "$@"\n')
    (tools / "python3").chmod(0o755)
    return str(tools)


def installer_of_click(clone: Path) -> str:
    [found] = clone.glob(".venv/lib/python*/site-packages/click-*.dist-info/INSTALLER")
    return found.read_text().strip()


def test_without_uv_the_lock_files_own_makes_it(clone, path_without_uv):
    with (clone / "requirements.lock").open("a") as lock:
        lock.write(locked("uv"))
    code, out, err = lab(clone, PATH=path_without_uv)
    assert code == 0, err
    assert out.startswith("handed over")
    assert installer_of_click(clone) == "uv"
    assert list(clone.glob(".venv/lib/python*/site-packages/click/__pycache__/*.pyc"))


def test_where_uv_reaches_no_index_pip_makes_the_same(clone, path_without_uv, tmp_path):
    with (clone / "requirements.lock").open("a") as lock:
        lock.write(locked("uv"))
    nowhere = {"UV_INDEX_URL": "http://127.0.0.1:9/simple", "UV_CACHE_DIR": str(tmp_path / "uv")}
    code, out, err = lab(clone, PATH=path_without_uv, UV_HTTP_RETRIES="0", **nowhere)
    assert code == 0, err
    assert out.startswith("handed over")
    assert installer_of_click(clone) == "pip"
