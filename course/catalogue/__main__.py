"""`python -m course.catalogue update [LESSON …]` and `… check`: without a lesson, all and the package."""

from __future__ import annotations

import sys
from pathlib import Path

from course import sources
from course.catalogue import package, po
from course.catalogue.apply import path_of
from course.catalogue.update import update
from course.content import LESSONS, START
from course.language import LANGUAGES, SOURCE
from course.paths import ROOT

_USAGE = "python -m course.catalogue update [LESSON …] | check"


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 where `check` found something, 2 where it was asked for nothing that it knows."""
    match arguments:
        case ["update", *lessons]:
            _update(lessons)
            return 0
        case ["check"]:
            found = [line for lang in LANGUAGES for line in sources.faults(lang)]
            for line in found:
                print(f"ERROR: {line}", file=sys.stderr)
            return 1 if found else 0
    print(_USAGE, file=sys.stderr)
    return 2


def _update(lessons: list[str]) -> None:
    for lang in LANGUAGES:
        if lang == SOURCE:
            continue
        for lesson in lessons or (*LESSONS, START):
            path = path_of(lesson, lang)
            _say(
                path,
                update(path, sources.messages(lesson), f"The lesson {lesson} and its exercise."),
            )
        if not lessons:
            path = package.path_of(lang)
            _say(path, update(path, package.messages(), "What checks, magics and feedback say."))


def _say(path: Path, changed: bool) -> None:
    entries = [entry for entry in po.read(path).values() if not entry.obsolete]
    todo = sum(not entry.translation or entry.fuzzy for entry in entries)
    mark = "changed" if changed else "as it was"
    print(
        f"{path.relative_to(ROOT)}: {mark}; {len(entries)} texts, {todo} to translate or to look at"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
