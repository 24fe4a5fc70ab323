"""Starting an exercise over: it is as it was handed out, and the student's own version lies beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course.checks import kept as keeping
from course.errors import UsageError
from course.language import LANGUAGES, _, spoken
from course.views.handed_out import BY_TEACHER, KUBELAB, SOLUTIONS, is_of_a_class
from course.views.progress import EXERCISE


@dataclass(frozen=True)
class Kept:
    """Under which names the student's files were kept; empty: there was none."""

    notebook: str
    hints: str = ""


def exercise_over(folder: Path, lesson: str, now: datetime | None = None) -> Kept:
    """Put a lesson's exercise back to the one handed out.

    The student's version and the note of the hints that they took stay beside it, under a dated name. At no
    moment is there no `exercise.ipynb`.

    Raises:
        LabError: there is no such exercise, or it cannot be made.
        OSError: a file cannot be written.
    """
    from course import build  # nbgrader takes a moment to import

    path = folder / lesson / EXERCISE
    if not path.parent.is_dir():
        raise UsageError(_("There is no exercise {path}.", path=path))
    notebook = build.render(build.exercise(lesson), _language(path))
    if is_of_a_class(path.parent, unknown=False):
        notebook.metadata[KUBELAB][SOLUTIONS] = BY_TEACHER
    handed_out = build.as_text(notebook)
    stamp = f"{now or datetime.now():%Y-%m-%d-%H%M%S}"
    kept = _kept(path, stamp) if path.exists() and _differs(path, handed_out) else ""
    part = path.with_name(f".{path.name}.part")
    part.write_text(handed_out, encoding="utf-8")
    part.replace(path)
    noted = path.with_name(keeping.FILE)
    if not noted.exists():
        return Kept(kept)
    name = _kept(noted, stamp)
    noted.unlink()
    return Kept(kept, name)


def _differs(path: Path, text: str) -> bool:
    return path.read_bytes() != text.encode()


def _kept(path: Path, stamp: str) -> str:
    """Copies a file to its dated name, which must be new; returns that."""
    kept = path.with_name(f"{path.stem}-{stamp}{path.suffix}")
    with kept.open("xb") as file:
        file.write(path.read_bytes())
    return kept.name


def _language(path: Path) -> str:
    """The language of a student's notebook; where that is not known, the one that is spoken."""
    try:
        lang = json.loads(path.read_bytes())["metadata"]["kubelab"]["language"]
    except (OSError, ValueError, LookupError, TypeError):
        return spoken()
    return lang if lang in LANGUAGES else spoken()
