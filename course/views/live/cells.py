"""Which view belongs to which cell: one that is run again, or deleted, ends the views that it opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ends: dict[str, list[Callable[[], None]]] = {}


def belongs_to_this_cell(end: Callable[[], None]) -> None:
    """Call `end` when the cell that runs now is run again, or is no more."""
    shell = _shell()
    if shell is None:
        return
    if not _ends:
        shell.events.register("pre_run_cell", _before_a_cell)
    _ends.setdefault(_cell(shell), []).append(end)


def _before_a_cell(_info: Any = None) -> None:
    shell = _shell()
    for cell in [_cell(shell), *_asked(shell).get("deletedCells", [])]:
        for end in _ends.pop(cell, []):
            end()
    if not _ends:
        shell.events.unregister("pre_run_cell", _before_a_cell)


def _cell(shell: Any) -> str:
    """The cell that runs now: by its id, or, where the front end tells none, by its code."""
    code = shell.kernel.get_parent("shell").get("content", {}).get("code", "")
    return str(_asked(shell).get("cellId") or code)


def _asked(shell: Any) -> dict[str, Any]:
    """What JupyterLab says of the cell along with its code: `cellId`, `deletedCells`."""
    return dict(shell.kernel.get_parent("shell").get("metadata", {}))


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None
