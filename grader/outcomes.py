"""The outcomes in the gradebook: a table of ours beside nbgrader's, which has no place for them.

nbgrader's own commands neither see nor disturb it. A row says what came of the latest grading of a
submission, under which isolation, and from which work (`grader.journal`) its score was recorded. Two
more tables hold the help that was taken (`grader.hints`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from grader.hints import Help

_metadata = sa.MetaData()
_table = sa.Table(
    "kubelab_outcome",
    _metadata,
    sa.Column("assignment", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("isolation", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
)
_hints = sa.Table(
    "kubelab_hint",
    _metadata,
    sa.Column("assignment", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("task", sa.String(64), primary_key=True),
    sa.Column("steps", sa.Integer, nullable=False),
)
_solutions = sa.Table(
    "kubelab_solution",
    _metadata,
    sa.Column("assignment", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("task", sa.String(64), primary_key=True),
)


@dataclass(frozen=True)
class Row:
    """One submission's row; `reason` is about all of it, and empty for one that was scored."""

    assignment: str
    student: str
    outcome: str
    reason: str
    isolation: str
    attempts: int
    seconds: float
    key: str


class Outcomes:
    """The table in one gradebook."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        _metadata.create_all(self._engine)

    def get(self, assignment: str, student: str) -> Row | None:
        """The row of a submission; None where it was never graded."""
        where = (_table.c.assignment == assignment) & (_table.c.student == student)
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(_table).where(where)).mappings().first()
        return Row(**found) if found else None

    def all(self) -> list[Row]:
        """All rows, by assignment and student."""
        order = sa.select(_table).order_by(_table.c.assignment, _table.c.student)
        with self._engine.connect() as connection:
            return [Row(**row) for row in connection.execute(order).mappings()]

    def put(self, row: Row) -> None:
        """Write a row over the one before."""
        where = (_table.c.assignment == row.assignment) & (_table.c.student == row.student)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_table).where(where))
            connection.execute(sa.insert(_table).values(**asdict(row)))

    def help(self, assignment: str, student: str) -> Help:
        """The help taken for a submission, as it was last noted."""
        with self._engine.connect() as connection:
            steps = connection.execute(_of(_hints, assignment, student)).mappings()
            shown = connection.execute(_of(_solutions, assignment, student)).mappings()
            return Help(
                {str(row["task"]): int(row["steps"]) for row in steps},
                tuple(str(row["task"]) for row in shown),
            )

    def put_help(self, assignment: str, student: str, taken: Help) -> None:
        """Note the help taken over that before; nothing is written where it is the same."""
        before = self.help(assignment, student)
        if before.hints == taken.hints and set(before.solutions) == set(taken.solutions):
            return
        named = {"assignment": assignment, "student": student}
        steps = [{**named, "task": task, "steps": count} for task, count in taken.hints.items()]
        shown = [{**named, "task": task} for task in taken.solutions]
        with self._engine.begin() as connection:
            for table, rows in ((_hints, steps), (_solutions, shown)):
                where = (table.c.assignment == assignment) & (table.c.student == student)
                connection.execute(sa.delete(table).where(where))
                if rows:
                    connection.execute(sa.insert(table), rows)

    def close(self) -> None:
        """Give up the connection."""
        self._engine.dispose()


def _of(table: sa.Table, assignment: str, student: str) -> sa.Select[Any]:
    """The rows of one submission."""
    where = (table.c.assignment == assignment) & (table.c.student == student)
    return sa.select(table).where(where)


@contextmanager
def opened(url: str) -> Iterator[Outcomes]:
    """The table, for a block."""
    outcomes = Outcomes(url)
    try:
        yield outcomes
    finally:
        outcomes.close()
