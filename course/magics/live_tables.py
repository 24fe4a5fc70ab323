"""The picture of `%watch`: the API server's tables, drawn anew at each change. See `course.views.live`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from course.api import Source
from course.api.tables import Kind, TableSource
from course.language import _
from course.magics import ages, tables
from course.magics.watch_line import WatchLine
from course.views.live.view import Seen, View

_SMALL = 60
"""A table of up to so many rows shows every second of an age."""


class LiveTables(View):
    """A table for each kind.

    Args:
        asked: what the line asks for.
        kinds: the kinds that it names, as the API has them.
        namespace: where; empty: everywhere.
    """

    def __init__(self, asked: WatchLine, kinds: Sequence[Kind], namespace: str) -> None:
        self._asked = asked
        fields = ",".join(
            filter(None, [asked.name and f"metadata.name={asked.name}", asked.fields])
        )
        self._sources = {
            kind.title: TableSource(
                kind.plural,
                namespace if kind.namespaced else "",
                labels=asked.labels,
                fields=fields,
                base=kind.base,
            )
            for kind in kinds
        }
        self._with_namespace = {kind.title: kind.namespaced and not namespace for kind in kinds}
        self._rows = 0

    @property
    def tick(self) -> float:  # type: ignore[override]
        """Ages grow though nothing is heard."""
        return 1.0 if self._rows <= _SMALL else 10.0

    def sources(self) -> dict[str, Source]:
        """The tables by the names of their kinds."""
        return dict(self._sources)

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """The tables, with headings where there are several."""
        return "\n".join(self._drawn(title, seen, now) for title in self._sources)

    def words(self, seen: Seen, now: datetime) -> str:
        """The tables as kubectl would print them."""
        return "\n\n".join(
            tables.as_text(found) if (found := self._table(title, seen, now)) else self._none(title)
            for title in self._sources
        )

    def _drawn(self, title: str, seen: Seen, now: datetime) -> str:
        found = self._table(title, seen, now)
        html = tables.as_html([found]) if found else f"<p>{escape(self._none(title))}</p>"
        return f"<h4>{escape(title)}</h4>\n{html}" if len(self._sources) > 1 else html

    def _none(self, title: str) -> str:
        return _("There are no {kind}.", kind=title)

    def _table(self, title: str, seen: Seen, now: datetime) -> tables.Table | None:
        items = sorted(seen[title], key=_by_name)
        self._rows = sum(map(len, seen.values()))
        if not items:
            return None
        shown = [
            (index, column)
            for index, column in enumerate(items[0]["columns"])
            if column.get("priority", 0) == 0 or self._asked.wide
        ]
        first = ("NAMESPACE",) if self._with_namespace[title] else ()
        columns = (*first, *(column["name"].upper() for _index, column in shown))
        rows = tuple(
            (
                *((item["metadata"].get("namespace", ""),) if first else ()),
                *(_cell(item, index, column, now) for index, column in shown),
            )
            for item in items
        )
        return tables.Table(columns, rows)


def _by_name(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _cell(item: Mapping[str, Any], index: int, column: Mapping[str, Any], now: datetime) -> str:
    """A cell's text. The server writes an age when it sends the row; it is counted on from there."""
    born = item["metadata"].get("creationTimestamp")
    if column["name"] == "Age" and born:
        return ages.since(born, now)
    value = item["cells"][index]
    return "<none>" if value is None else str(value)
