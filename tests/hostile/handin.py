"""Turns cases into what students hand in, and says what a graded submission shows."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import build
from tests.hostile import tiny
from tests.hostile.case import Case
from tests.hostile.edits import add, edit, position

PRELUDE = Path(__file__).resolve().parent / "prelude.py"
MARK = f"kubelab-hostile-{os.getpid()}"
"""In the arguments and file names of what must not outlive a submission."""

Values = dict[str, str]


def values(port: int, secret: Path) -> Values:
    """What stands between @ signs in a case: the machine's namespaces, a port of it, a file of it."""
    kinds = ("pid", "net", "user", "mnt", "ipc")
    spaces = {kind: str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in kinds}
    return spaces | {
        "port": str(port),
        "mark": MARK,
        "yranac": tiny.CANARY[::-1],
        "secret": str(secret),
    }


def filled(text: str, known: Values) -> str:
    """A text with the values in it."""
    for name, value in known.items():
        text = text.replace(f"@{name}@", value)
    return text


def released(assignment: str) -> tuple[NotebookNode, dict[str, str]]:
    """(the notebook as students get it, its model answers)."""
    if assignment == tiny.ASSIGNMENT:
        return tiny.submission(), dict(tiny.SOLUTION)
    exercise = build.exercise(assignment)
    return build.handed_in(exercise, {}), build.solution(exercise)


def notebook(case: Case, known: Values) -> NotebookNode:
    """The notebook of a case that is not raw."""
    nb, solution = released(case.assignment)
    answers = solution if case.base == "solution" else {}
    for name in case.answers:
        assert build.is_answer(nb.cells[position(nb, name)]), f"{name} is no answer cell"
    for cell in nb.cells:
        old = answers.get(cell.id, tiny.EMPTY)
        if build.is_answer(cell):
            text = case.answers.get(cell.id, old).strip("\n")
            cell.source = filled(text.replace("{old}", old), known)
    first = next(cell.id for cell in nb.cells if build.is_answer(cell))
    if case.answers or case.extra:
        add(nb, {"cell": first, "text": filled(PRELUDE.read_text(), known)}, 0)
    for number, extra in enumerate(case.extra, 1):
        add(nb, {**extra, "text": filled(extra["text"], known)}, number)
    for change in case.edit:
        edit(nb, change)
    nb.metadata.update(nbformat.from_dict(case.notebook.get("metadata", {})))
    return nb


def hand_in(case: Case, folder: Path, known: Values) -> Path:
    """Write a submission into the course folder; returns its own folder."""
    own = folder / "submitted" / case.who / case.assignment
    own.mkdir(parents=True)
    path = own / case.file
    if case.raw:
        _write_raw(path, case.raw, known)
    else:
        path.write_text(_text(notebook(case, known), case.notebook.get("convert")))
    for name, text in case.files.items():
        other = own / name
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text(filled(text, known))
    for name, target in case.links.items():
        (own / name).symlink_to(filled(target, known))
    return own


def _text(nb: NotebookNode, version: int | None) -> str:
    if version is None:
        # Not by nbformat: it would mend what a student broke.
        lists = json.loads(json.dumps(nb))
        return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"
    return str(nbformat.writes(nbformat.convert(nb, version), version=version))


def _write_raw(path: Path, raw: dict[str, Any], known: Values) -> None:
    """`kind` is one of: nothing, directory, fifo, link (to `target`), big (of `bytes`), deep, many."""
    if "text" in raw:
        path.write_text(filled(raw["text"], known))
    elif "base64" in raw:
        path.write_bytes(base64.b64decode(raw["base64"]))
    match raw.get("kind"):
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(filled(raw["target"], known))
        case "big":
            write_big(path, int(raw["bytes"]))
        case "bom":
            path.write_text(_text(_right(), None), encoding="utf-8-sig")
        case "latin":
            nb = _right()
            nb.cells[-2].source += "  # \N{LATIN SMALL LETTER E WITH ACUTE}"
            path.write_bytes(_text(nb, None).encode("latin-1"))
        case "deep":
            path.write_text('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")
        case "many":
            nb = _right()
            empty = {"cell_type": "markdown", "metadata": {}, "source": "-"}
            rows = [{**empty, "id": f"m-{n}"} for n in range(int(raw["cells"]))]
            nb.cells = [*nb.cells, *map(nbformat.from_dict, rows)]
            path.write_text(_text(nb, None))


def _right() -> NotebookNode:
    nb = tiny.submission()
    for cell in nb.cells:
        cell.source = tiny.SOLUTION.get(cell.id, cell.source)
    return nb


def write_big(path: Path, size: int) -> None:
    """A right notebook of that many bytes: blanks stand behind it."""
    text = _text(_right(), None).encode()
    with path.open("wb") as file:
        file.write(text)
        for _ in range((size - len(text)) // (1 << 20)):
            file.write(b" " * (1 << 20))


def shown(nb: NotebookNode, *, graded: bool = True) -> str:
    """All words in a notebook's outputs; `graded`: in those of the graded cells too."""
    words = []
    for cell in nb.cells:
        test = cell.metadata.get("nbgrader", {}).get("grade")
        if cell.cell_type != "code" or (test and not graded):
            continue
        words += [json.dumps(output, ensure_ascii=False) for output in cell.outputs]
    return "\n".join(words)
