"""How nbgrader is set up for this course: one configuration, for us and for nbgrader's commands."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbgrader
from nbgrader import api, dbutil
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course.build import STUB
from course.errors import GradeError
from grader import feedback, harmless

_FORMGRADERS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
_FILE = """\
# Made by `./lab grade`: with it, nbgrader's own commands in this folder do as the lab does.
# nbgrader would only note an error in this file, and then run students' code without any wall.
try:
    from grader.config import base
except Exception as problem:
    raise SystemExit(f"ERROR: {problem!r}: run nbgrader by the lab's Python: ./lab shell") from problem

c = get_config()  # noqa: F821
c.merge(base(__file__))
"""


def base(config_file: str) -> Config:
    """nbgrader's configuration for this course, for the folder with this nbgrader_config.py."""
    config = Config()
    config.RestoreCells.source = str(Path(config_file).resolve().parent / "source")
    config.CourseDirectory.course_id = "kubelab"
    config.ClearSolutions.code_stub = {"python": STUB}
    config.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "grader.restore.RestoreCells",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "grader.translate.Translate",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        "grader.execute.PapermillExecute",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.GenerateFeedback.exporter_class = "grader.feedback.FeedbackExporter"
    config.GenerateFeedback.preprocessors = feedback.PREPROCESSORS
    config.GenerateFeedback.post_convert_hook = "grader.feedback.make_releasable"
    # For formgrader's page of a submission: what a student made must not act in a teacher's browser,
    # and the page's own scripts must not need the net.
    config.HTMLExporter.preprocessors = ["grader.harmless.Harmless"]
    config.HTMLExporter.filters = harmless.FILTERS
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.extra_template_basedirs = [str(feedback.TEMPLATES), str(_FORMGRADERS)]
    return config


def for_folder(folder: Path, execute: Mapping[str, Any]) -> Config:
    """The configuration for one course folder: ours, and over it what the teacher put into its file.

    Args:
        folder: nbgrader's course folder. Where it lies, and its gradebook.db, is not the file's to say.
        execute: PapermillExecute's traits.

    Raises:
        GradeError: the folder's nbgrader_config.py ends with an error.
    """
    path = folder / "nbgrader_config.py"
    config = base(str(path))
    if path.exists():
        config.merge(_teachers(path))
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    for name, value in execute.items():
        config.PapermillExecute[name] = value
    return config


def _teachers(path: Path) -> Config:
    """What the folder's file sets, read as nbgrader's own commands read it."""
    try:
        found: Config = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    except Exception as problem:  # it is a program, and raises whatever it likes
        raise GradeError(
            f"{path} ends with an error: {problem!r}.",
            "Mend the line that it names, and run the command again.",
        ) from problem
    return found


def write(folder: Path) -> None:
    """Leave the configuration file in the folder, unless the teacher has one."""
    path = folder / "nbgrader_config.py"
    if not path.exists():
        path.write_text(_FILE, encoding="utf-8")


@contextmanager
def nbgraders_needs() -> Iterator[None]:
    """nbgrader calls `alembic` by its bare name: the environment's bin must be on PATH.

    For a new gradebook it asks that program for one word, which takes two seconds; the library tells it at once.
    Its warnings about its own use of SQLAlchemy are no news to a teacher.
    """
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    asks_program, api.get_alembic_version = api.get_alembic_version, _newest_version
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            yield
    finally:
        os.environ["PATH"] = before
        api.get_alembic_version = asks_program


def _newest_version() -> str:
    """The version of nbgrader's database that this nbgrader makes."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head())
