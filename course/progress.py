"""Long work shows how far it is: a bar on a terminal, a plain line now and then where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and of how many (0: not known)."""

PLAIN_LINE_EVERY = 15.0
"""Seconds between two lines of the same work where there is no terminal."""


def silent(_text: str, _done: int, _total: int) -> None:
    """A Progress that shows nothing."""


@contextmanager
def shown(title: str) -> Iterator[Progress]:
    """Shows the work `title` on standard error for as long as the block runs."""
    if sys.stderr.isatty():
        with _bar(title) as progress:
            yield progress
    else:
        yield _Lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.description}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, title=title)

        def report(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total or None)

        yield report


class _Lines:
    """A line at the start, then one at most every PLAIN_LINE_EVERY seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._next = 0.0

    def __call__(self, text: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PLAIN_LINE_EVERY
        of = f" {done}/{total}" if total else ""
        print(f"{self._title}:{of} {text}", file=sys.stderr, flush=True)
