"""Reading and writing a catalogue's file: gettext's PO format, by babel, the same text for the same entries."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as BabelMessage
from babel.messages.pofile import PoFileError, read_po, write_po

from course.catalogue.messages import Key
from course.errors import ContentError

_HEADER = """\
# {title}
# Changed texts: `python -m course.catalogue update`.
msgid ""
msgstr ""
"Project-Id-Version: kubelab\\n"
"Language: {lang}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True)
class Entry:
    """What a catalogue holds for one message.

    Attributes:
        translation: empty where there is none yet.
        fuzzy: made for another English text; a person has to look at it.
        obsolete: the English text is no more.
        comments: the translator's own lines.
    """

    translation: str = ""
    fuzzy: bool = False
    obsolete: bool = False
    comments: tuple[str, ...] = ()


def read(path: Path) -> dict[Key, Entry]:
    """The entries of a file, obsolete ones last.

    Raises:
        ContentError: there is no such file, or it is no catalogue.
    """
    try:
        with path.open("rb") as file:
            catalog = read_po(file, charset="utf-8", abort_invalid=True)
    except FileNotFoundError as problem:
        raise ContentError(
            f"There is no {path.parent.name}/{path.name}: nothing is translated.",
            "Make it with `python -m course.catalogue update`, and translate its entries.",
        ) from problem
    except (PoFileError, UnicodeDecodeError, ValueError) as problem:
        raise ContentError(
            f"{path.parent.name}/{path.name} is no catalogue: {problem}"
        ) from problem
    found = {_key(one): _entry(one) for one in catalog if one.id}
    return found | {_key(one): _entry(one, obsolete=True) for one in catalog.obsolete.values()}


def _key(one: BabelMessage) -> Key:
    return one.context or "", str(one.id)


def _entry(one: BabelMessage, *, obsolete: bool = False) -> Entry:
    return Entry(str(one.string or ""), one.fuzzy, obsolete, tuple(one.user_comments))


def write(path: Path, entries: Iterable[tuple[Key, Entry]], title: str) -> bool:
    """Write a file; returns whether it was another before."""
    catalog = Catalog()
    for (context, text), entry in entries:
        flags = {"fuzzy"} if entry.fuzzy else set()
        one = BabelMessage(
            text,
            entry.translation,
            flags=flags,
            context=context or None,
            user_comments=entry.comments,
        )
        if entry.obsolete:
            catalog.obsolete[text, context] = one
        else:
            catalog[text] = one  # keyed by the message's own context
    body = io.BytesIO()
    write_po(body, catalog, width=0, omit_header=True)
    # Of the flags only `fuzzy` is a person's; babel guesses others from a text's look.
    rows = re.sub(r"^#, (?!fuzzy).*\n", "", body.getvalue().decode(), flags=re.MULTILINE)
    rows = re.sub(r"^#, fuzzy, .*$", "#, fuzzy", rows, flags=re.MULTILINE)
    made = _HEADER.format(title=title, lang=path.stem) + rows.rstrip("\n") + "\n"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(made, encoding="utf-8")
    return made != before
