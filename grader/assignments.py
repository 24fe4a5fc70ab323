"""An assignment as the teacher made it: in FOLDER/source, in nbgrader's database, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.utils.importstring import import_item

from course import build
from course.content import LESSONS
from course.errors import GradeError
from course.views.handed_out import BY_TEACHER, KUBELAB, SOLUTIONS
from grader import config
from grader.execute import ready
from grader.ledger import Ledger
from grader.parameters import of_assignment, private, secret_of


class Assignment:
    """One assignment of a course folder.

    Args:
        folder: nbgrader's course folder.
        name: the assignment's.
        parameters: values for the parameters cell; None: the course's own.
    """

    def __init__(self, folder: Path, name: str, parameters: Mapping[str, Any] | None) -> None:
        self.folder, self.name = folder, name
        self.parameters = of_assignment(name) if parameters is None else dict(parameters)

    @property
    def sources(self) -> list[Path]:
        """The teacher's notebooks."""
        return sorted((self.folder / "source" / self.name).glob("*.ipynb"))

    @property
    def names(self) -> set[str]:
        """The names of the notebooks, without their ending."""
        return {path.stem for path in self.sources}

    def prepare(self) -> None:
        """Have the assignment in nbgrader's database; this course's own come from their sources.

        They come in the language in which `lab release` put them here. A source that the teacher changed
        after that is the one that is graded by.

        Raises:
            GradeError: it is no assignment of the course, and has no source here.
        """
        source = self.folder / "source" / self.name
        ledger = Ledger(self.folder)
        lang = ledger.language(self.name)
        ours = self.name in LESSONS and not (lang and ledger.changed(self.name, ["source"]))
        if ours:
            one = build.exercise(self.name)
            build.write(for_a_class(one, lang or "en"), source / f"{one.name}.ipynb")
        if not self.sources:
            raise GradeError(
                f"{self.name} is no lesson of this course, and {source} holds no notebook.",
                f"Lessons are: {', '.join(LESSONS)}. For an assignment of your own, put its source there.",
            )
        generate(self.folder, self.name)
        if ours:
            ledger.write(self.name, lang or "en")

    def sanitised(self, student: str, path: Path, work: str) -> NotebookNode:
        """A notebook that was handed in, as nbgrader's own steps clean it, ready to execute.

        Args:
            student: whose.
            path: the notebook.
            work: the key of all that it is made from.
        """
        database = f"sqlite:///{self.folder / 'gradebook.db'}"
        resources = {
            "nbgrader": {
                "assignment": self.name, "student": student, "notebook": path.stem, "db_url": database
            }
        }  # fmt: skip
        notebook = nbformat.read(path, as_version=4)
        for step in self._steps:
            notebook, resources = step.preprocess(notebook, resources)
        return ready(notebook, self.parameters, private(self.name, self._secret, work))

    @cached_property
    def _secret(self) -> bytes:
        return secret_of(self.folder)

    @cached_property
    def _steps(self) -> list[Any]:
        settings = config.for_folder(self.folder, {})
        return [
            import_item(name)(config=settings) for name in settings.Autograde.sanitize_preprocessors
        ]


def for_a_class(source: build.Source, lang: str) -> NotebookNode:
    """The whole notebook of an exercise, marked as a class's: its teacher hands out the solutions."""
    notebook = build.read(source, lang)
    notebook.metadata[KUBELAB][SOLUTIONS] = BY_TEACHER
    return notebook


class Folder(CourseDirectory):  # type: ignore[misc]
    """nbgrader's course folder, whose submissions may hold anything."""

    def get_existing_timestamp(self, dest_path: str) -> Any:
        """The time that the exchange left; None where a student left something else."""
        try:
            return super().get_existing_timestamp(dest_path)
        except Exception:  # nbgrader asks for a method that is not there where it cannot be read
            return None


def generate(folder: Path, assignment: str) -> None:
    """nbgrader's generate_assignment: release/ASSIGNMENT, and the gradebook's record of its points.

    Raises:
        GradeError: nbgrader refused, with its words.
    """
    done = api(folder).generate_assignment(assignment, force=True)
    if not done["success"]:
        said = done.get("log") or done.get("error")
        raise GradeError(f"nbgrader could not prepare {assignment}:\n{said}")


def api(folder: Path, **execute: Any) -> NbGraderAPI:
    """nbgrader's own interface to a course folder; `execute` are traits of PapermillExecute."""
    settings = config.for_folder(folder, execute)
    return NbGraderAPI(Folder(config=settings), config=settings)
