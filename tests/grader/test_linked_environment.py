"""The environment's Python may be reached by a link: `.venv` is one, and so is what others make of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from course import paths


def test_the_sandbox_is_had_where_python_is_reached_by_any_link(
    walls: None, tmp_path: Path
) -> None:
    link = tmp_path / "env"
    link.symlink_to(Path(sys.prefix).resolve())
    look = "from grader.isolation import sandbox; print(sandbox.missing())"
    tried = subprocess.run(
        [link / "bin" / "python", "-P", "-c", look],
        env=os.environ | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (tried.returncode, tried.stdout.strip()) == (0, ""), tried.stderr


def test_the_students_kernel_finds_compiled_packages_where_python_is_reached_by_a_link(
    walls: None, tmp_path: Path
) -> None:
    (tmp_path / "env").symlink_to(Path(sys.prefix).resolve())
    (tmp_path / "shared").mkdir()
    python = str(tmp_path / "env" / "bin" / "python")
    look = "import click, os; print(os.path.exists(click.__cached__))"
    wall = (
        "import click, pathlib, sys; from grader.isolation import student; from grader.limits import Limits; "
        "import subprocess; argv = student.argv(Limits(), pathlib.Path('shared').resolve(), {}); "
        f"sys.exit(subprocess.run([*argv, sys.executable, '-c', {look!r}]).returncode)"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPATH": str(paths.ROOT), "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    tried = subprocess.run(
        [python, "-P", "-c", wall], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )  # fmt: skip
    assert (tried.returncode, tried.stdout.strip()) == (0, "True"), tried.stderr
