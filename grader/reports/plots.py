"""Plots as SVG that stands inside an HTML page and takes its colours and fonts from it.

Matplotlib is imported only here, and only when something is drawn; no window system and no pyplot.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Matplotlib writes colours as six digits; these stand for what the page's style sheet decides on.
_BAR, _INK, _GRID = "#010203", "#040506", "#070809"
_COLOURS = {_BAR: "var(--plot)", _INK: "var(--ink)", _GRID: "var(--line)"}
_SETTINGS = {
    "svg.hashsalt": "kubelab",  # without it, the ids in the file are random
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and zoomed
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": _GRID,
    "ytick.color": _GRID,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
}
_TIME_CLASSES = 20


def scores(shares: Sequence[float], title: str, key: str) -> str:
    """How many submissions got which share of the points, in ten classes.

    Args:
        shares: 0 to 1, one of each submission.
        title: what the plot is about, for its label.
        key: an id that no other plot of the page has.
    """
    counts = [0] * 10
    for share in shares:
        counts[min(9, max(0, int(share * 10 + 1e-9)))] += 1
    told = ", ".join(
        f"{low * 10} to {low * 10 + 10} percent: {count}"
        for low, count in enumerate(counts)
        if count
    )
    label = f"Histogram of scores, {title}: {len(shares)} submissions. {told or 'No score'}."

    def draw(axes: Axes) -> None:
        bars = axes.bar([low * 10 + 5 for low in range(10)], counts, width=9, color=_BAR)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=2)
        axes.set_xlim(0, 100)
        axes.set_xticks(range(0, 101, 10))
        axes.set_ylim(0, max(1, max(counts) * 1.15))
        axes.set_yticks([])
        axes.set_xlabel("share of the points, %")
        axes.set_ylabel("submissions")

    return _svg(draw, label, key)


def times(seconds: Sequence[float], key: str) -> str:
    """How many submissions took how long, in classes of equal width from 0 to the slowest.

    Args:
        seconds: one of each submission.
        key: an id that no other plot of the page has.
    """
    most = max(seconds, default=0) or 1.0
    width = most / _TIME_CLASSES
    counts = [0] * _TIME_CLASSES
    for second in seconds:
        counts[min(_TIME_CLASSES - 1, max(0, int(second / width)))] += 1
    label = (
        f"Histogram of the execution times of {len(seconds)} submissions, 0 to {most:.1f} seconds; "
        f"the class with most of them is "
        f"{counts.index(max(counts)) * width:.1f} to {(counts.index(max(counts)) + 1) * width:.1f} seconds."
    )

    def draw(axes: Axes) -> None:
        middles = [(index + 0.5) * width for index in range(_TIME_CLASSES)]
        bars = axes.bar(middles, counts, width=width * 0.9, color=_BAR)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=2)
        axes.set_xlim(0, most)
        axes.set_ylim(0, max(1, max(counts) * 1.15))
        axes.set_yticks([])
        axes.set_xlabel("execution time, s")
        axes.set_ylabel("submissions")

    return _svg(draw, label, key)


def _svg(draw: Callable[[Axes], None], label: str, key: str) -> str:
    """Draw on new axes; the picture as an `<svg>` element with a label and with ids of its own."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 2.6), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        axes.tick_params(length=0)
        draw(axes)
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    return _for_page(out.getvalue(), label, key)


def _for_page(text: str, label: str, key: str) -> str:
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    body = body[body.index("<svg") :]
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{key}-", body)
    for written, meant in _COLOURS.items():
        body = body.replace(written, meant)
    # Its size and the namespaces are the page's business; the label is what a screen reader says.
    box = re.search(r'viewBox="[^"]+"', body)
    start = f'<svg {box.group() if box else ""} role="img" aria-label="{escape(label)}">'
    body = re.sub(r"<svg[^>]*>", lambda _: start, body, count=1)
    return re.sub(r"\bxlink:href=", "href=", body).strip()
