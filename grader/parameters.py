"""The values that a run puts in for those that students saw: an answer copied from the screen fails."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Any

from course import build
from course.content import LESSONS


def of_assignment(assignment: str) -> dict[str, Any]:
    """The values that the course itself grades an assignment with; empty for one that is not its own."""
    return build.grading_parameters(assignment) if assignment in LESSONS else {}


def private(assignment: str, secret: bytes, work: str) -> dict[str, int]:
    """The values that only the examiner is told: the same for the same work, and not to be foreseen.

    Args:
        assignment: the assignment.
        secret: the course folder's.
        work: what was handed in, as a text.
    """
    if assignment not in LESSONS:
        return {}
    drawn = {}
    for name, below in build.private_parameters(assignment).items():
        digest = hmac.digest(secret, f"{assignment}\0{name}\0{work}".encode(), hashlib.sha256)
        drawn[name] = int.from_bytes(digest[:8], "big") % below
    return drawn


def secret_of(folder: Path) -> bytes:
    """The secret of a course folder, made when it is first asked for; nobody else may read it."""
    path = folder / ".kubelab" / "secret"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="utf-8")
    return path.read_bytes()
