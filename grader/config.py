"""How nbgrader is set up for this course: one configuration, for us and for nbgrader's commands."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course.build import STUB

_FILE = """\
# Made by `./lab grade`: with it, nbgrader's own commands in this folder do as the lab does.
from grader.config import base

c = get_config()  # noqa: F821
c.merge(base())
"""


def base() -> Config:
    """nbgrader's configuration for this course."""
    config = Config()
    config.CourseDirectory.course_id = "kubelab"
    config.ClearSolutions.code_stub = {"python": STUB}
    config.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "grader.restore.RestoreCells",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        "grader.execute.PapermillExecute",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    return config


def for_folder(folder: Path, execute: Mapping[str, Any]) -> Config:
    """The configuration for one course folder; `execute` holds PapermillExecute's traits."""
    config = base()
    config.CourseDirectory.root = str(folder)
    for name, value in execute.items():
        config.PapermillExecute[name] = value
    return config


def write(folder: Path) -> None:
    """Leave the configuration file in the folder, unless the teacher has one."""
    path = folder / "nbgrader_config.py"
    if not path.exists():
        path.write_text(_FILE, encoding="utf-8")


@contextmanager
def nbgraders_needs() -> Iterator[None]:
    """nbgrader calls `alembic` by its bare name: the environment's bin must be on PATH.

    Its warnings about its own use of SQLAlchemy are no news to a teacher.
    """
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            yield
    finally:
        os.environ["PATH"] = before
