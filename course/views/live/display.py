"""Showing a view below its cell: live to a person, as a picture that stands still to a program.

The picture that stands still is there for the person, too: in the saved notebook, in its export to HTML, and as text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course.api.client import ApiError
from course.interactive import interactive
from course.views.live.cells import belongs_to_this_cell
from course.views.live.view import View
from course.views.live.watched import Watched

FIRST = 15.0
"""Seconds within which the cluster must have answered for a first picture."""
STYLE = Path(__file__).with_name("live.css")


def show(view: View) -> None:
    """Display it below the cell that runs.

    Raises:
        ApiError: the cluster did not answer, and there is nobody who could wait for it.
    """
    from IPython.display import display

    display(_live(view) if interactive() else still(view), raw=True)


def still(view: View) -> dict[str, Any]:
    """The view as it is now, by MIME type; nothing is watched afterwards.

    Raises:
        ApiError: the cluster did not answer in time.
    """
    watched = Watched(view)
    watched.start()
    try:
        watched.wait(FIRST)
        return _bundle(view, watched)
    finally:
        watched.stop()


def _live(view: View) -> dict[str, Any]:
    from course.views.live.widget import Live

    live = Live(view)
    live.start()
    belongs_to_this_cell(live.stop)
    mimetype = "application/vnd.jupyter.widget-view+json"
    widget = {mimetype: {"version_major": 2, "version_minor": 0, "model_id": live.model_id}}
    try:
        live.painter.watched.wait(FIRST)
    except ApiError as problem:
        return {**widget, "text/plain": str(problem)}  # it goes on trying, and says so
    return {**_bundle(view, live.painter.watched), **widget}


def _bundle(view: View, watched: Watched) -> dict[str, Any]:
    seen, now = watched.seen(), datetime.now(UTC)
    picture = view.draw(seen, now, live=False)
    page = f'<style>{STYLE.read_text()}</style><div class="kubelab-live">{picture}</div>'
    return {"text/html": page, "text/plain": view.words(seen, now)}
