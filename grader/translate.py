"""The step of nbgrader's autograde that puts the teacher's cells into the submission's language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, is_solution

from course import build
from course.content import LESSONS
from course.errors import ContentError
from course.language import LANGUAGES, SOURCE
from grader.language import of


class Translate(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the teacher's cells into the submission's language.

    nbgrader keeps one source for an assignment, so its OverwriteCells brings that one's language. A cell that
    is not word for word the course's own, because a teacher has changed it, stays as it is.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Translate the cells that are no answers."""
        assignment = resources["nbgrader"]["assignment"]
        if assignment in LESSONS:
            wanted = _texts(assignment, of(nb))
            others = [_texts(assignment, lang) for lang in LANGUAGES]
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if name not in wanted or is_solution(cell) or cell.source == wanted[name]:
                    continue
                if any(cell.source == texts.get(name) for texts in others):
                    cell.source = wanted[name]
                    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        return nb, resources


@lru_cache(maxsize=16)
def _texts(lesson: str, lang: str) -> dict[str, str]:
    """The text of each cell of an exercise; none where the translation is not whole yet."""
    try:
        cells = build.read(build.exercise(lesson), lang).cells
    except ContentError:
        if lang == SOURCE:
            raise
        return {}
    return {cell.id: cell.source for cell in cells}
