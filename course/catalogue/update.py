"""Brings a catalogue up to date with the English texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from course.catalogue import po
from course.catalogue.messages import Key, Message
from course.catalogue.po import Entry


def update(path: Path, messages: Sequence[Message], title: str) -> bool:
    """Write a catalogue anew: new texts empty, changed ones fuzzy, gone ones obsolete.

    Returns:
        whether the file was another before.
    """
    old = po.read(path) if path.exists() else {}
    return po.write(path, merged(old, messages), title)


def merged(old: Mapping[Key, Entry], messages: Sequence[Message]) -> Iterator[tuple[Key, Entry]]:
    """The entries for the messages in their order, then the obsolete ones."""
    wanted = {message.key for message in messages}
    spare = {key: entry for key, entry in old.items() if key not in wanted and entry.translation}
    for message in messages:
        entry = old.get(message.key)
        if entry is None or (entry.obsolete and not entry.translation):
            near = _nearest(message, spare)
            entry = Entry()
            if near is not None:
                moved = near[1] == message.text  # the same text in another cell
                entry = replace(spare.pop(near), fuzzy=not moved or spare_fuzzy(old[near]))
        yield message.key, replace(entry, obsolete=False)
    for key, entry in spare.items():
        yield key, replace(entry, obsolete=True, fuzzy=False)


def spare_fuzzy(entry: Entry) -> bool:
    """Whether an entry had to be looked at already."""
    return entry.fuzzy


def _nearest(message: Message, spare: Mapping[Key, Entry]) -> Key | None:
    """The entry of which the message may be a later form: of the same text, else of the same cell."""
    for key in spare:
        if key[1] == message.text:
            return key
    of_cell = [key for key in spare if key[0] == message.context and not spare[key].obsolete]
    if message.prose and len(of_cell) == 1:
        return of_cell[0]

    def likeness(key: Key) -> float:
        return difflib.SequenceMatcher(None, key[1], message.text).ratio()

    best = max(of_cell, key=likeness, default=None)
    return best if best is not None and likeness(best) > 0.6 else None
