"""What the engine notes when it ends a cell or a kernel, told in the student's language.

The engine notes English, for the teacher's reports; a student's feedback takes it apart again.
"""

from __future__ import annotations

import re
from functools import cache

from course.language import SOURCE, later, translator

_KNOWN = (
    later("Cell {name}: {why}."),
    later("the notebook ended before it"),
    later("the submission's time of {seconds} s was over"),
    later("the kernel died"),
    later("it did not end within {seconds} s"),
    later("a cell did not end within {seconds} s and could not be interrupted"),
    later("more than {size} were printed"),
    later("OutputLimit: it printed more than {size} and was stopped"),
    later("the code sent more messages than anybody could take"),
    later("the Pods wrote {size}; the limit is {most}"),
    later("{who} had more than {count} processes"),
    later("{who} held {size} of memory; the limit is {most}"),
    later("{who} made {count} files; the limit is {most}"),
    later("the code"),
    later("the Pods"),
)


def retold(words: str, lang: str) -> str:
    """The words in a language; those that are nobody's we know stay as they are."""
    if lang == SOURCE:
        return words
    for template in _KNOWN:
        if found := _pattern(template).fullmatch(words):
            values = {name: retold(value, lang) for name, value in found.groupdict().items()}
            return translator(lang)(template, **values)
    return words


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    made = [f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(made), re.DOTALL)
