"""What a run has done already, on disk: a run that was killed goes on from there.

FOLDER/.kubelab/executed/ASSIGNMENT/STUDENT.json holds the executed notebooks of one submission, and the
key of what they were made from: the files handed in, the assignment, the parameters, the limits, the
isolation. Another key is another work. A file is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict

from grader.engine import NotGradableError

_FORM = 1  # of the files; another form is not read


@dataclass(frozen=True)
class Entry:
    """One submission, executed.

    Attributes:
        key: of what it was made from.
        notebooks: by name, with outputs and marks.
        problem: why it was not gradable; the notebooks may be missing then.
        seconds, attempts: what the execution took.
        isolation: what stood around the student's code.
    """

    key: str
    notebooks: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0
    attempts: int = 1
    isolation: str = "none"


class Journal:
    """The entries of one course folder."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def _path(self, assignment: str, student: str) -> Path:
        return self.folder / assignment / f"{student}.json"

    def read(self, assignment: str, student: str) -> Entry | None:
        """The entry; None where there is none that can be read."""
        try:
            data = json.loads(self._path(assignment, student).read_text(encoding="utf-8"))
            return Entry(**data["entry"]) if data["form"] == _FORM else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, assignment: str, student: str, entry: Entry) -> None:
        """Write an entry, whole."""
        path = self._path(assignment, student)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"form": _FORM, "entry": asdict(entry)}, file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def notebook(self, assignment: str, student: str, name: str) -> NotebookNode:
        """An executed notebook.

        Raises:
            NotGradableError: there is none.
        """
        entry = self.read(assignment, student)
        if entry is None or name not in entry.notebooks:
            raise NotGradableError(f"{name} of {student} was not executed.")
        return from_dict(entry.notebooks[name])


def key_of(files: Iterable[Path], settings: Mapping[str, Any]) -> str:
    """The key of a work: of the files' names and bytes, and of the settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for path in sorted(files):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
