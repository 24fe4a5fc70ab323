"""`results.json`: everything, for programs. `results.schema.json` beside this module is its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.errors import GradeError
from grader.reports.text import encodable
from grader.results import Result

SCHEMA = Path(__file__).with_name("results.schema.json")
SCHEMA_ID = "urn:kubelab:schema:results:1"
VERSION = 1  # goes up when a reader of the format before could misunderstand the new one


def write(results: Sequence[Result], course: str) -> bytes:
    """The results in the order given.

    Raises:
        GradeError: a score or a time is infinite or not a number, for which JSON has no word.
    """
    data = {
        "$schema": SCHEMA_ID,
        "version": VERSION,
        "course": course,
        "results": [one.as_dict() for one in results],
    }
    try:
        text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    except ValueError as problem:
        raise GradeError(f"The results cannot be written as JSON: {problem}.") from problem
    return (encodable(text) + "\n").encode()


def read(path: Path) -> list[Result]:
    """The results in a `results.json`.

    Raises:
        GradeError: the file is not there, is no such file, or is of a later version.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise GradeError(f"{path} cannot be read: {problem}.") from problem
    if not isinstance(data, dict) or "results" not in data:
        raise GradeError(f"{path} is no results.json of Kubelab's grader.")
    if data.get("version") != VERSION:
        raise GradeError(
            f"{path} has version {data.get('version')!r} of the format; this is for version {VERSION}.",
            "Read it with the Kubelab that wrote it, or grade again.",
        )
    try:
        return TypeAdapter(list[Result]).validate_python(data["results"])
    except ValidationError as problem:
        first = problem.errors()[0]
        where = "/".join(str(part) for part in first["loc"])
        raise GradeError(
            f"{path} is not as it must be: results/{where}: {first['msg']}."
        ) from problem
