"""What is to be translated: the texts of a notebook's cells, and of a lesson's hints."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course.catalogue import code

Key = tuple[str, str]
"""(context, English text): what an entry of a catalogue is found by."""


@dataclass(frozen=True)
class Message:
    """One text for people.

    Attributes:
        context: where it stands (empty for the package's own messages).
        text: the English text.
        prose: whether it is Markdown; else a literal in code, with {placeholders}.
    """

    context: str
    text: str
    prose: bool = False

    @property
    def key(self) -> Key:
        """What its entry is found by."""
        return self.context, self.text


def of_notebook(notebook: NotebookNode, page: str) -> Iterator[Message]:
    """The messages of a notebook as its source has it, in its order.

    Args:
        notebook: with `_("…")` still in its code.
        page: `lesson` or `exercise`.
    """
    for cell in notebook.cells:
        context = f"{page}/{cell.id}"
        if cell.cell_type == "markdown":
            if cell.source.strip():
                yield Message(context, cell.source, prose=True)
        else:
            for text in code.texts(cell.source, context):
                yield Message(context, text)


def of_hints(path: Path) -> Iterator[Message]:
    """The steps of each task's hints in a hints.toml; none where there is no such file."""
    if path.exists():
        for task, hint in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for step in hint.get("steps", []):
                yield Message(f"hints/{task}", step, prose=True)


def distinct(messages: Iterable[Message]) -> list[Message]:
    """Each message once, in its order."""
    return list(dict.fromkeys(messages))
