"""What an executed lesson must show: course/content/LESSON/shows.toml.

CELL-ID = ["a text that the cell's output must hold", …]
[never]
CELL-ID = ["a text that it must not hold", …]
[differs]
CELL-ID = "another cell, whose output must be another"
[zh]
CELL-ID = ["a text that it must hold in Chinese", …]       ([en]: in English)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from course.language import LANGUAGES
from course.sources import CONTENT

_TABLES = ("never", "differs", *LANGUAGES)


def _read(lesson: str) -> dict[str, Any]:
    path = CONTENT / lesson / "shows.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cells(lesson: str) -> set[str]:
    """The cells of which something is expected."""
    data = _read(lesson)
    tables = [data.pop(name, {}) for name in _TABLES]
    return {*data, *(cell for table in tables for cell in table), *tables[1].values()}


def missing(lesson: str, lang: str, shown: Mapping[str, str]) -> Iterator[str]:
    """What the outputs, by cell, do not show as they must."""
    data = _read(lesson)
    never, differs, *said = [data.pop(name, {}) for name in _TABLES]
    for wanted in (data, said[LANGUAGES.index(lang)]):
        for cell, texts in wanted.items():
            for text in texts:
                if text not in shown[cell]:
                    yield f"{cell} does not show “{text}”, but:\n{shown[cell]}"
    for cell, texts in never.items():
        for text in texts:
            if text in shown[cell]:
                yield f"{cell} shows “{text}”:\n{shown[cell]}"
    for cell, other in differs.items():
        if shown[cell] == shown[other]:
            yield f"{cell} shows the same as {other}:\n{shown[cell]}"
