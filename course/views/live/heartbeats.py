"""The heartbeats of the cluster: leases, which nodes and control plane renew to say that they are alive."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from course.api import Source
from course.language import _, later
from course.templates import rendered
from course.views.live.moments import moment, spoken_span
from course.views.live.view import Item, Seen, View

_TEMPLATE = Path(__file__).with_name("heartbeats.html.j2")
_SHOWN = timedelta(seconds=60)
"""How far back beats are drawn."""
_KEPT = 120
_GROUPS = {
    "nodes": later("Nodes (leases in kube-node-lease)"),
    "control": later("Control plane (leases in kube-system)"),
}


@dataclass(frozen=True)
class Beat:
    """One lease.

    Attributes:
        holder: who renews it: the node itself, or the one of several control planes that leads.
        renewed: when it was renewed last; None: never.
        ago: seconds since then.
        patience: seconds that the lease lasts without being renewed.
        marks: the beats of the last minute, in per cent of it, the latest at the right.
    """

    name: str
    holder: str
    renewed: datetime | None
    ago: float
    patience: int
    marks: tuple[float, ...]

    @property
    def late(self) -> bool:
        """Whether it should have been renewed by now."""
        return self.renewed is None or self.ago > self.patience

    @property
    def share(self) -> float:
        """How much of the lease's time is over, in per cent."""
        return 100.0 if self.late else round(100 * self.ago / self.patience, 1)

    @property
    def says(self) -> str:
        """How it is, in words."""
        if self.renewed is None:
            return _("never renewed")
        said = _("{span} ago", span=spoken_span(self.ago))
        return _("late: {ago}", ago=said) if self.late else said


class Heartbeats(View):
    """Each node's lease and those of the control plane, with the seconds since they were renewed."""

    tick = 1.0

    def __init__(self) -> None:
        self._heard: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._lock = threading.Lock()

    def sources(self) -> dict[str, Source]:
        """Leases of the nodes, and of what else is kept to one leader."""
        return {
            "nodes": Source("leases", "kube-node-lease"),
            "control": Source("leases", "kube-system"),
        }

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """A line for each lease; a heart that beats when it is renewed."""
        return rendered(
            _TEMPLATE, groups=self._groups(seen, now), titles=_GROUPS, live=live, span=spoken_span
        )

    def words(self, seen: Seen, now: datetime) -> str:
        """The same, without the hearts."""
        lines = []
        for group, beats in self._groups(seen, now).items():
            lines.append(_(_GROUPS[group]))
            for beat in beats:
                lasts = _("lasts {span}", span=spoken_span(beat.patience))
                lines.append(f"  {beat.name}: {beat.says} ({lasts})")
        return "\n".join(lines) or _("There are no leases.")

    def _groups(self, seen: Seen, now: datetime) -> dict[str, list[Beat]]:
        with self._lock:
            groups = {name: [self._beat(lease, now) for lease in seen[name]] for name in _GROUPS}
        return {
            name: sorted(beats, key=lambda beat: beat.name)
            for name, beats in groups.items()
            if beats
        }

    def _beat(self, lease: Item, now: datetime) -> Beat:
        spec, meta = lease.get("spec", {}), lease["metadata"]
        renewed = moment(spec["renewTime"]) if spec.get("renewTime") else None
        heard = self._heard[meta["uid"]]
        if renewed and (not heard or heard[-1] < renewed):
            heard.append(renewed)
        marks = tuple(
            round(100 * (1 - (now - one) / _SHOWN), 1)
            for one in heard
            if timedelta(0) <= now - one <= _SHOWN
        )
        ago = max(0.0, (now - renewed).total_seconds()) if renewed else 0.0
        patience = int(spec.get("leaseDurationSeconds") or 0)
        return Beat(meta["name"], spec.get("holderIdentity") or "", renewed, ago, patience, marks)
