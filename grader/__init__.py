"""The grader: sanitise, execute with papermill, score and record with nbgrader.

`grade_folder` grades a course folder in nbgrader's own layout; nbgrader's commands and web pages keep
working on what it leaves there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.folder import grade_folder
    from grader.results import Outcome, Reason, Result

ISOLATIONS = ("sandbox", "none")
"""What may stand around a student's code: both walls, or nothing."""

__all__ = ["ISOLATIONS", "Outcome", "Reason", "Result", "grade_folder"]


def __getattr__(name: str) -> Any:
    """Import when asked: the sandbox, which has no exercises, runs parts of this package."""
    if name not in __all__:  # (ISOLATIONS is there already)
        raise AttributeError(name)
    from grader import folder, results

    return getattr(folder if name == "grade_folder" else results, name)
