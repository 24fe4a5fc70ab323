"""What the lab wrote into a course folder, so that it can tell a teacher's changes from its own files.

FOLDER/.kubelab/written.json holds, for each assignment, its language and a digest of the notebook in
source/ and of each file in release/. A file that is not as it was written has been changed by somebody else.
What else lies in source/ is the teacher's own, and is left alone; so are the solutions that were handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course.errors import GradeError
from course.sources import EXERCISE
from course.views import solutions

PARTS = ("source", "release")
NOTEBOOK = f"{EXERCISE}.ipynb"


class Ledger:
    """The ledger of one course folder.

    Args:
        folder: nbgrader's course folder.

    Raises:
        GradeError: the file is there and cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / ".kubelab" / "written.json"
        self._rows: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            try:
                self._rows = json.loads(self.path.read_text(encoding="utf-8"))
            except ValueError as problem:
                raise GradeError(
                    f"{self.path} cannot be read: {problem}",
                    "Remove it: then all files of source/ and release/ count as yours.",
                ) from problem

    def language(self, assignment: str) -> str | None:
        """The language in which the lab wrote it; None where it did not."""
        lang: str | None = self._rows.get(assignment, {}).get("lang")
        return lang

    def changed(self, assignment: str, parts: Iterable[str] = PARTS) -> list[Path]:
        """The files of an assignment that are not, or not any more, what the lab wrote.

        What somebody removed is none of them: it is simply written again.
        """
        known = self._rows.get(assignment, {}).get("files", {})
        return [
            path
            for path in self._files(assignment, parts)
            if known.get(self._name(path)) != digest(path)
        ]

    def is_whole(self, assignment: str) -> bool:
        """Whether every file that the lab wrote is there and as it was."""
        known = self._rows.get(assignment, {}).get("files", {})
        there = {self._name(path): digest(path) for path in self._files(assignment, PARTS)}
        return bool(known) and there == known

    def write(self, assignment: str, lang: str) -> None:
        """Take the files that are there now for what the lab wrote."""
        files = {self._name(path): digest(path) for path in self._files(assignment, PARTS)}
        self._rows[assignment] = {"lang": lang, "files": files}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self._rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        new.replace(self.path)

    def _files(self, assignment: str, parts: Iterable[str]) -> list[Path]:
        patterns = {"source": NOTEBOOK, "release": "*"}
        return sorted(
            path
            for part in parts
            for path in (self.folder / part / assignment).rglob(patterns[part])
            if path.is_file()
            and ".ipynb_checkpoints" not in path.parts
            and path.name != solutions.FILE
        )

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
