"""Puts translations into notebooks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nbformat import NotebookNode

from course.catalogue import code
from course.catalogue.faults import faults_of
from course.catalogue.messages import Key, distinct, of_notebook
from course.errors import ContentError
from course.language import SOURCE

_CONTENT = Path(__file__).resolve().parent.parent / "content"


def path_of(lesson: str, lang: str, content: Path = _CONTENT) -> Path:
    """The file of a lesson's catalogue."""
    return content / lesson / f"{lang}.po"


def translate(notebook: NotebookNode, page: str, lang: str, catalogue: Path) -> None:
    """Put a language's texts into a notebook as its source has it.

    Args:
        notebook: with the English texts, and `_("…")` in its code.
        page: `lesson` or `exercise`.
        lang: English needs no catalogue.
        catalogue: its file.

    Raises:
        ContentError: a text has no translation, or one of another English text.
    """
    found: dict[Key, str] = {}
    if lang != SOURCE:
        found = _translations(notebook, page, lang, catalogue)
    for cell in notebook.cells:
        context = f"{page}/{cell.id}"

        def say(text: str, context: str = context) -> str:
            return found.get((context, text), text)

        if cell.cell_type == "markdown":
            cell.source = say(cell.source)
        else:
            cell.source = code.rewritten(cell.source, context, say, lang)


def _translations(notebook: NotebookNode, page: str, lang: str, catalogue: Path) -> dict[Key, str]:
    from course.catalogue import po

    entries = po.read(catalogue)
    messages = distinct(of_notebook(notebook, page))
    faults = faults_of(entries, messages, whole=False)
    if not any(code.speaks(c.source, c.id) for c in notebook.cells if c.cell_type == "code"):
        faults.append(f'{page}: no cell says `checks.speak("en")`.')
    if faults:
        raise ContentError(
            f"{catalogue.parent.name}/{catalogue.name}:\n"
            + "\n".join(f"  {one}" for one in faults),
            f"After a change: `python -m course.catalogue update {catalogue.parent.name}`, then translate.",
        )
    return {key: entry.translation for key, entry in entries.items() if not entry.obsolete}


def in_language(lesson: str, context: str, text: str, lang: str) -> str:
    """A text of a lesson that stands in no notebook, such as a hint, in a language.

    Args:
        lesson: the lesson.
        context: `hints/TASK`.
        text: the English text.
        lang: the language.
    """
    if lang == SOURCE:
        return text
    return _lesson(lesson, lang).get((context, text)) or text


@lru_cache(maxsize=8)
def _lesson(lesson: str, lang: str) -> dict[Key, str]:
    from course.catalogue import po

    return {key: entry.translation for key, entry in po.read(path_of(lesson, lang)).items()}
