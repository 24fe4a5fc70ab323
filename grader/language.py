"""The language of a submission: its teacher's cells and its feedback come in it.

A notebook says it in its metadata (`kubelab.language`), where the build wrote it. A student can write another
one there, and then gets that: every language has the same tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, is_solution

from course.errors import ContentError
from course.language import LANGUAGES, SOURCE
from grader.marks import KEY


def of(nb: NotebookNode) -> str:
    """The notebook's language; English where it names none that the course has."""
    noted = nb.metadata.get(KEY)
    named = noted.get("language") if isinstance(noted, Mapping) else None
    return named if isinstance(named, str) and named in LANGUAGES else SOURCE


def keep_only(nb: NotebookNode) -> None:
    """Drop what a notebook brought along under our key, but for its language."""
    nb.metadata[KEY] = NotebookNode(language=of(nb))


class Translate(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the teacher's cells into the submission's language.

    nbgrader keeps one source for an assignment, so its OverwriteCells brings that one's language. A cell that
    is not word for word the course's own, because a teacher has changed it, stays as it is.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Translate the cells that are no answers."""
        from course.content import LESSONS  # the sandbox, which needs `of`, has no content

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
    from course import build

    try:
        cells = build.read(build.exercise(lesson), lang).cells
    except ContentError:
        if lang == SOURCE:
            raise
        return {}
    return {cell.id: cell.source for cell in cells}
