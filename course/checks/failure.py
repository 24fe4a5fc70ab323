"""The one way in which a check says no."""

from __future__ import annotations

from course.errors import LabError
from course.kubectl import Readable
from course.language import _


class CheckFailed(Readable, LabError):  # noqa: N818 - a failed check is an outcome, not a fault
    """What was asked of an object does not hold.

    Args:
        about: the object, as a student names it: `Pod web in namespace demo`.
        expected: what should be.
        found: what is.
        cause: the likely cause, from the object's conditions and events; empty where none is known.
        look: the command that shows more.
    """

    def __init__(
        self, about: str, expected: str, found: str, cause: str = "", look: str = ""
    ) -> None:
        said = _(
            "{about}: expected {expected}; found {found}.",
            about=about,
            expected=expected,
            found=found,
        )
        if cause:
            said += "\n" + _("Likely cause: {cause}", cause=cause)
        super().__init__(said, _("Look closer: {command}", command=look) if look else "")
        self.about, self.expected, self.found, self.cause, self.look = (
            about,
            expected,
            found,
            cause,
            look,
        )

    def as_data(self) -> dict[str, str]:
        """The parts, for a report that lays them out itself or in another language."""
        return {
            "about": self.about,
            "expected": self.expected,
            "found": self.found,
            "cause": self.cause,
            "look": self.look,
        }


class NoAnswer(CheckFailed):
    """A request came to nothing: no server said anything at all, not even that it refuses."""
