"""What is wrong with a catalogue: entries that are missing, stale, to be looked at, or damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from course.catalogue.messages import Key, Message
from course.catalogue.po import Entry

_CJK = r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BROKEN_LINE = re.compile(rf"{_CJK}\n{_CJK}")
_FENCE = re.compile(r"^```(?!mermaid)[^\n]*\n.*?^```", re.MULTILINE | re.DOTALL)
_ANY_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PLACEHOLDER = re.compile(r"\{[A-Za-z_]\w*[^{}]*\}")


def faults_of(
    entries: Mapping[Key, Entry], messages: Iterable[Message], *, whole: bool = True
) -> list[str]:
    """A line for each message that has no good translation; and for each entry that no message has.

    Args:
        entries: the catalogue.
        messages: what it must hold.
        whole: the messages are all that there are: other entries are too many.
    """
    messages = list(messages)
    wanted = {message.key for message in messages}
    unused = {
        key: entry for key, entry in entries.items() if key not in wanted and not entry.obsolete
    }
    contexts = {context for context, _ in unused}
    found = [
        f"{_place(message.key)}: {why}"
        for message in messages
        for why in _of_message(message, entries.get(message.key), contexts)
    ]
    if whole:
        missing = {m.context for m in messages if m.key not in entries}
        found += [
            f"{_place(key)}: is unused: there is no such English text."
            for key in unused
            if not key[0] or key[0] not in missing
        ]
    return found


def _of_message(message: Message, entry: Entry | None, others: set[str]) -> Iterator[str]:
    if entry is None or entry.obsolete:
        stale = message.context and message.context in others
        yield "is stale: the English text has changed." if stale else "is missing."
    elif not entry.translation.strip():
        yield "is not translated."
    elif entry.fuzzy:
        yield "is fuzzy: look at it again, and take the line `#, fuzzy` away."
    else:
        yield from damage(message, entry.translation)


def damage(message: Message, translation: str) -> Iterator[str]:
    """What a translation must not change: code, placeholders; and how it must not be broken."""
    if message.prose:
        if lost := _differ(_code(message.text), _code(translation)):
            yield f"the code is not that of the English text: {lost}."
    elif lost := _differ(
        set(_PLACEHOLDER.findall(message.text)), set(_PLACEHOLDER.findall(translation))
    ):
        yield f"the placeholders are not those of the English text: {lost}."
    if broken := _BROKEN_LINE.search(_ANY_FENCE.sub("", translation)):
        around = translation[max(0, broken.start() - 8) : broken.end() + 8].replace("\n", "⏎")
        yield f"a line ends within a sentence, which shows as a space (“{around}”): join the lines."


def _code(text: str) -> set[str]:
    """Code spans and blocks; a picture's words are for people."""
    return set(_FENCE.findall(text)) | set(_SPAN.findall(_ANY_FENCE.sub("", text)))


def _differ(english: set[str], translated: set[str]) -> str:
    lost = [f"{_short(one)} is missing" for one in sorted(english - translated)]
    return ", ".join(lost + [f"{_short(one)} is new" for one in sorted(translated - english)])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= 60 else line[:57] + '...'}`"


def _place(key: Key) -> str:
    context, text = key
    line = " ".join(text.split())
    short = line if len(line) <= 50 else line[:47] + "..."
    return f"{context} “{short}”" if context else f"“{short}”"
