"""How what kubectl printed is shown: a table as a table, YAML and JSON in colours, all else as it comes.

What a display says in text/plain is what the terminal would show.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from course.magics.line import is_watch, output_format, own_words, verb

_TABLE_VERBS = frozenset({"get", "top", "events", "api-resources", "config"})
_LANGUAGES = {"yaml": "yaml", "kyaml": "yaml", "json": "json"}
_BACKTICKS = re.compile(r"`+")
# Above this many characters, colours would cost the browser more than they give the reader.
LONGEST = 200_000


def write(text: str) -> None:
    """Put words on the cell's output as they come."""
    sys.stdout.write(text)
    sys.stdout.flush()


def is_shaped(words: Sequence[str]) -> bool:
    """Whether what a kubectl command prints may be shown better than as it comes: it is waited for then."""
    return not is_watch(words) and (_may_be_table(words) or _language(words) != "")


def show(words: Sequence[str], printed: str) -> None:
    """Show what the kubectl command of these words printed."""
    from course.magics import tables

    plain = printed.removesuffix("\n")
    if not plain or len(plain) > LONGEST:
        write(printed)
    elif language := _language(words):
        fenced(plain, language)
    elif found := tables.read(printed, any_case=_is_custom(words)):
        publish(plain, {"text/html": tables.as_html(found)})
    else:
        write(printed)


def fenced(plain: str, language: str) -> None:
    """Show a text in the colours of its language: both JupyterLab and nbconvert have them for Markdown."""
    longest = max(map(len, _BACKTICKS.findall(plain)), default=0)
    fence = "`" * max(3, longest + 1)
    publish(plain, {"text/markdown": f"{fence}{language}\n{plain}\n{fence}"})


def publish(plain: str, better: dict[str, str]) -> None:
    """Show one thing in several forms: as text, and in better ones by their MIME type."""
    from IPython.display import display

    display({"text/plain": plain, **better}, raw=True)


def _language(words: Sequence[str]) -> str:
    return _LANGUAGES.get(output_format(words), "")


def _is_custom(words: Sequence[str]) -> bool:
    return output_format(words).startswith("custom-columns")


def _may_be_table(words: Sequence[str]) -> bool:
    ours = own_words(words)
    usual = output_format(words) in {"", "wide"} or _is_custom(words)
    return verb(words) in _TABLE_VERBS and usual and "--no-headers" not in ours
