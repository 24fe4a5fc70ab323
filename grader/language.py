"""The language of a submission: its teacher's cells and its feedback come in it.

A notebook says it in its metadata (`kubelab.language`), where the build wrote it. A student can write another
one there, and then gets that: every language has the same tests. The sandbox asks as well: see `grader.cells`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbformat import NotebookNode

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
