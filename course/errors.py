"""Everything that can go wrong, as one tree of exceptions.

A message says what happened, to what; `next_step` says what to do about it. The command line prints
both after `ERROR:` and leaves the traceback to `--debug`.
"""

from __future__ import annotations


class LabError(Exception):
    """The root: something that a person can read and act on.

    Args:
        message: what happened, and to what.
        next_step: what to do next; empty where the message says it already.
    """

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message


class UsageError(LabError):
    """The command was asked for something that it cannot do."""


class BuildError(LabError):
    """The cluster's binary could not be built or found."""


class ToolError(LabError):
    """A program that is needed is not on this machine."""


class DiskFullError(LabError):
    """There is not enough room on the disk for what comes next."""


class ClusterError(LabError):
    """The cluster could not be started, reached or stopped."""


class ClusterNotRunningError(ClusterError):
    """There is no running cluster of this name."""


class ClusterTimeoutError(ClusterError):
    """The cluster did not get where it should in time; the message says what was last seen."""


class ImageError(LabError):
    """A container image could not be built, found or loaded."""


class KitError(LabError):
    """A kit is missing, damaged or of another version."""


class ContentError(LabError):
    """A lesson or an exercise is not as it must be."""


class LessonError(LabError):
    """A lesson did not run through."""


class JupyterError(LabError):
    """JupyterLab could not be started or has died."""


class IsolationError(LabError):
    """The isolation that grading needs cannot be had on this machine."""


class GradeError(LabError):
    """Grading could not be done; never used for a wrong answer."""


class NotHereYetError(LabError):
    """A part of the product that a later version brings."""
