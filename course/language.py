"""The language in which the lab speaks to students: English in the source, others by gettext catalogues.

`course/locale/LANG.po` holds this package's own messages, `course/content/LESSON/LANG.po` a lesson's.
A kernel speaks one language, which a notebook's cell chooses by `checks.speak("en")`; the build puts the
notebook's own in. A message is written `_("… {name} …", name=value)`: the values go in after the translation.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Protocol

from course.errors import ContentError

SOURCE = "en"
LANGUAGES = (SOURCE, "zh")
LOCALE = Path(__file__).resolve().parent / "locale"


class Translator(Protocol):
    """Gives the message in a language, with the values in it."""

    def __call__(self, text: str, /, **values: object) -> str:
        """The message `text`."""


class _Spoken:
    language = SOURCE


def speak(lang: str) -> None:
    """Let all messages from here on come in a language.

    Raises:
        ContentError: the lab does not speak it.
    """
    _Spoken.language = known(lang)


def spoken() -> str:
    """The language that messages come in."""
    return _Spoken.language


def known(lang: str) -> str:
    """The language itself.

    Raises:
        ContentError: the course does not have it.
    """
    if lang not in LANGUAGES:
        raise ContentError(f"There is no course in {lang}.", f"There is: {', '.join(LANGUAGES)}.")
    return lang


def _(text: str, /, **values: object) -> str:
    """A message in the language that is spoken now. `text` must be a literal, for the catalogue."""
    return _say(spoken(), text, values)


def later(text: str) -> str:
    """The message itself, English: marks one that is translated where it is used."""
    return text


def translator(lang: str) -> Translator:
    """Gives messages in one language, whatever is spoken."""
    known(lang)
    return lambda text, /, **values: _say(lang, text, values)


def _say(lang: str, text: str, values: dict[str, object]) -> str:
    said = text if lang == SOURCE else _messages(lang).get(text) or text
    return said.format(**values) if values else said


@cache
def _messages(lang: str) -> dict[str, str]:
    from course.catalogue import po  # babel takes a moment, and English needs none

    return {text: entry.translation for (_, text), entry in po.read(LOCALE / f"{lang}.po").items()}
