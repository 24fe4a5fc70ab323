"""What a student may do to the cells of a notebook: the `do` of a case's [[edit]].

delete      the cell is gone
double      a copy of it, with `text`, stands behind it
first/last  it is moved there
text        its source is `text`
metadata    `set` goes into its metadata, dictionary into dictionary; a null is not in TOML: see `drop`
drop        the names `keys` are taken out of its metadata
type        it is a cell of the type `to`
id          its id is `to`
outputs     `text` stands in its outputs, as the result of an execution
big         its source grows by so many `bytes` of comment
attachment  so many `bytes` are attached to the student's own cell before it
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

_MADE: dict[str, Callable[..., NotebookNode]] = {
    "code": new_code_cell,
    "markdown": new_markdown_cell,
    "raw": new_raw_cell,
}


def edit(nb: NotebookNode, change: Mapping[str, Any]) -> None:
    """Make one change; `cell` may be "*", for all cells."""
    if change["cell"] == "*":
        for cell in list(nb.cells):
            _edit(nb, cell, change)
        return
    _edit(nb, nb.cells[position(nb, change["cell"])], change)


def add(nb: NotebookNode, extra: Mapping[str, Any], number: int) -> None:
    """Put a cell of the student's own before or after another."""
    made = _MADE[extra.get("type", "code")]
    cell = made(extra["text"].strip("\n"), id=f"own-{number}")
    cell.metadata = from_dict(extra.get("metadata", {}))
    after = extra.get("where", "before") == "after"
    nb.cells.insert(position(nb, extra["cell"]) + after, cell)


def position(nb: NotebookNode, name: str) -> int:
    """Where the cell of this name is: by its grade_id, for ids can be changed."""
    for index, cell in enumerate(nb.cells):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return index
    raise KeyError(name)


def _edit(nb: NotebookNode, cell: NotebookNode, change: Mapping[str, Any]) -> None:
    index = nb.cells.index(cell)
    match change["do"]:
        case "delete":
            del nb.cells[index]
        case "double":
            twin = copy.deepcopy(cell)
            twin.source, twin.id = change["text"], f"{cell.id}-twin"
            nb.cells.insert(index + 1, twin)
        case "first":
            nb.cells.insert(0, nb.cells.pop(index))
        case "last":
            nb.cells.append(nb.cells.pop(index))
        case "text":
            cell.source = change["text"]
        case "metadata":
            _merge(cell.metadata, change["set"])
        case "drop":
            for key in change["keys"]:
                cell.metadata.pop(key, None)
        case "type":
            new = _MADE[change["to"]](cell.source, id=cell.id)
            new.metadata = cell.metadata
            nb.cells[index] = new
        case "id":
            cell.id = change["to"]
        case "outputs":
            cell.outputs = [new_output("execute_result", {"text/plain": change["text"]})]
        case "big":
            cell.source += "\n# " + "x" * int(change["bytes"])
        case "attachment":
            picture = {"image/png": "A" * int(change["bytes"])}
            nb.cells[index - 1].attachments = from_dict({"x.png": picture})
        case other:
            raise KeyError(other)


def _merge(into: NotebookNode, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), Mapping):
            _merge(into[key], value)
        else:
            into[key] = from_dict(value)
