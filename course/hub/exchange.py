"""ngshare 0.6.0, started as it is but for two things: it works on SQLAlchemy 2, and listens on loopback alone."""

from __future__ import annotations

import sys
from typing import Any

from ngshare import ngshare
from ngshare.database import Assignment, Submission
from sqlalchemy import event
from sqlalchemy.orm import configure_mappers, object_session


def _joins(child: object, parent: object, *_: object) -> None:
    """A new object joins the session of the one that it is given.

    SQLAlchemy 1 did so of itself, and ngshare counts on it: without, what is released or submitted is
    lost, with no error (SQLAlchemy's 'cascade_backrefs').
    """
    if session := object_session(parent):
        session.add(child)


class _OnLoopback(ngshare.HTTPServer):  # type: ignore[misc]
    """ngshare would listen on all of the machine's addresses; the hub's proxy is on this machine."""

    def listen(self, port: int, address: str = "", **options: Any) -> None:
        super().listen(port, "127.0.0.1", **options)


if __name__ == "__main__":
    configure_mappers()  # `course` and `assignment` are there only after it
    event.listen(Assignment.course, "set", _joins)
    event.listen(Submission.assignment, "set", _joins)
    ngshare.HTTPServer = _OnLoopback
    ngshare.main(sys.argv[1:])
