"""The widget that shows a view in a front end. Imported when somebody watches: it takes a second."""

from __future__ import annotations

import threading
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from course.api import State
from course.errors import LabError
from course.language import _
from course.views.live.painter import Frame, Painter
from course.views.live.view import View

_FOLDER = Path(__file__).parent
STOP = "stop"


class Live(anywidget.AnyWidget):
    """A view's model: HTML that the front end shows, and what is pressed in it.

    Attributes:
        picture: the view's HTML.
        status: how the connection is, in words.
        mood: the same as one word of `State`.
        details: HTML that was asked for by a press.
        stop_label: the words on the button that ends it.
    """

    _esm = _FOLDER / "live.js"
    _css = _FOLDER / "live.css"
    picture = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    mood = traitlets.Unicode("").tag(sync=True)
    details = traitlets.Unicode("").tag(sync=True)
    stop_label = traitlets.Unicode("").tag(sync=True)

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self.painter = Painter(view, self._take)
        self.stop_label = _("Stop")
        self._take(Frame("", State.CONNECTING))
        self.on_msg(lambda _widget, content, _buffers: self._message(content))

    def start(self) -> None:
        """Begin to watch the cluster."""
        self.painter.start()

    def stop(self) -> None:
        """Watch no more; the last picture stays."""
        self.painter.stop()

    def _take(self, frame: Frame) -> None:
        with self.hold_sync():  # one message for each frame
            if frame.html:
                self.picture = frame.html
            self.mood, self.status = str(frame.state), _words(frame)

    def _message(self, content: Any) -> None:
        what = content.get("say") if isinstance(content, dict) else None
        if what == STOP:
            self.stop()
        elif isinstance(what, str):
            # What is asked for may take a while, and the kernel goes on meanwhile.
            threading.Thread(target=self._tell, args=(what,), daemon=True).start()

    def _tell(self, what: str) -> None:
        try:
            said = self._view.told(what)
        except LabError as problem:
            said = f"<pre>{escape(str(problem))}</pre>"
        self.details = said
        self.painter.redraw()


def _words(frame: Frame) -> str:
    match frame.state:
        case State.LIVE:
            return _("live")
        case State.CONNECTING:
            return _("connecting …")
        case State.RECONNECTING:
            return _("reconnecting … ({problem})", problem=frame.problem)
    return _("stopped: run the cell again to go on")
