"""The grader: sanitise, execute with papermill, score and record with nbgrader.

`grade_folder` grades a course folder in nbgrader's own layout; nbgrader's commands and web pages keep
working on what it leaves there.
"""

from grader.folder import grade_folder
from grader.results import Outcome, Reason, Result

__all__ = ["Outcome", "Reason", "Result", "grade_folder"]
