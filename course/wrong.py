"""The wrong answers that an exercise ships with: what they must earn, and the words that they must get.

course/content/LESSON/wrong/NAME.toml:

    about = "what the student got wrong"
    [answers]   an answer cell's id = its text; the other cells hold the solution
    [points]    a test cell's id = the points that it must give; the others give all
    [words]     a test cell's id = words that its reasons must hold, in English
    [words_zh]  the same in Chinese, in addition to the titles of checks, which the catalogue translates
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from course.catalogue import in_language
from course.errors import ContentError
from course.language import LANGUAGES, SOURCE
from course.sources import CONTENT, EXERCISE

_WORDS = {lang: "words" if lang == SOURCE else f"words_{lang}" for lang in LANGUAGES}
_KEYS = frozenset({"about", "answers", "points", *_WORDS.values()})
_NOT_SO = ": not so"


@dataclass(frozen=True)
class Wrong:
    """One wrong answer; `words` are by language and test cell."""

    lesson: str
    name: str
    about: str
    answers: dict[str, str]
    points: dict[str, float]
    words: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def words_in(self, lang: str) -> dict[str, list[str]]:
        """The words that each test's reasons must hold in a language.

        Of the English words, those that are a check's sentence must come in its translation.
        """
        own = {cell: list(words) for cell, words in self.words.get(lang, {}).items()}
        if lang != SOURCE:
            for cell, words in self.words.get(SOURCE, {}).items():
                own.setdefault(cell, []).extend(self._titles(cell, words, lang))
        return own

    def _titles(self, cell: str, words: list[str], lang: str) -> list[str]:
        found = []
        for word in words:
            title = word.removesuffix(_NOT_SO)
            said = in_language(self.lesson, f"{EXERCISE}/{cell}", title, lang)
            if said != title:
                found.append(said + word[len(title) :])
        return found


def names(lesson: str) -> list[str]:
    """The wrong answers of a lesson's exercise."""
    return sorted(path.stem for path in (CONTENT / lesson / "wrong").glob("*.toml"))


def load(lesson: str, name: str) -> Wrong:
    """One of them.

    Raises:
        ContentError: the file is not there or not as it must be.
    """
    path: Path = CONTENT / lesson / "wrong" / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ContentError(f"{lesson}/wrong/{name}.toml cannot be read: {problem}") from problem
    if set(data) - _KEYS or not {"about", "answers", "points"} <= set(data):
        raise ContentError(
            f"{lesson}/wrong/{name}.toml needs about, answers and points;"
            f" {', '.join(_WORDS.values())} may be."
        )
    answers = {cell: text.strip("\n") for cell, text in data["answers"].items()}
    words = {lang: data[key] for lang, key in _WORDS.items() if key in data}
    return Wrong(lesson, name, data["about"], answers, data["points"], words)
