"""Jinja's templates of pages: reports and the start page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.language import spoken, translator

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def environment(folder: Path) -> Environment:
    """For the HTML templates of a folder: values are escaped, and a name that is missing is an error."""
    # Importing the template engine takes a moment that what shows no page need not wait for.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: Path, **values: Any) -> str:
    """A template in the language that is spoken, by its filter `say`; what goes in is escaped."""
    return _compiled(template, spoken()).render(**values)


@cache
def _compiled(template: Path, lang: str) -> Template:
    """Once for each language: a live view is drawn many times a minute."""
    made = environment(template.parent)
    made.filters["say"] = translator(lang)
    return made.get_template(template.name)
