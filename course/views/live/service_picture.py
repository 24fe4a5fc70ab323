"""A Service's picture: its selector, the endpoints that come of it, the Pods behind them, and who answers requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from course.api import Source
from course.api.client import Client
from course.language import _
from course.templates import rendered
from course.views.live.cluster_map import ClusterMap
from course.views.live.meter import REQUESTS, UNKNOWN, Meter
from course.views.live.service_kind import address_of, meaning, ports_of, type_of
from course.views.live.service_traffic import Other, Row, Traffic, traffic
from course.views.live.view import Item, Seen, View

_TEMPLATE = Path(__file__).with_name("service_picture.html.j2")
_OTHERS_UP_TO = 8
"""So many Pods that do not match are named."""
SEND, CLEAR = "send", "clear"
_NONE = Traffic((), (), ())


class ServicePicture(View):
    """One Service, which need not exist yet.

    Args:
        name: the Service's.
        namespace: where it is.
        port: the Service's port that the request meter asks; 0: its first TCP port.
    """

    def __init__(self, name: str, namespace: str = "default", port: int = 0) -> None:
        self.name, self.namespace, self.port = name, namespace, port
        self.meter = Meter()

    def sources(self) -> dict[str, Source]:
        """The Service, its EndpointSlices, and all Pods of the namespace."""
        owned = f"kubernetes.io/service-name={self.name}"
        return {
            "services": Source("services", self.namespace, fields=f"metadata.name={self.name}"),
            "slices": Source("endpointslices", self.namespace, labels=owned),
            "pods": Source("pods", self.namespace),
        }

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """Left the Service; right of it a row for each endpoint and its Pod, those that get no requests apart."""
        service, found = self._found(seen)
        tally = self.meter.tally
        shown = {row.counted_as for row in (*found.getting, *found.waiting)}
        return rendered(
            _TEMPLATE, view=self, service=service, found=found, live=live,
            selector=(service or {"spec": {}})["spec"].get("selector") or {},
            type=service and type_of(service), address=service and address_of(service),
            ports=service and ports_of(service), meaning=service and meaning(service),
            asked=service and self._asked(service), busy=self.meter.busy, requests=REQUESTS,
            tally=tally, most=max(tally.answered.values(), default=0),
            elsewhere=[(who, n) for who, n in sorted(tally.answered.items()) if who not in shown],
            problems=[(_named(who), why, n) for (who, why), n in tally.problems.most_common()],
            named=_named, others=_others(found.others),
        )  # fmt: skip

    def words(self, seen: Seen, now: datetime) -> str:
        """The Service, then a line for each Pod."""
        service, found = self._found(seen)
        if service is None:
            return self.absent
        spec = service["spec"]
        lines = [f"Service {self.name} ({type_of(service)}) {address_of(service)}".rstrip()]
        lines += [f"  {port}" for port in ports_of(service)]
        lines.append(f"  {meaning(service)}")
        if selector := spec.get("selector"):
            lines.append("  selector: " + ", ".join(f"{k}={v}" for k, v in selector.items()))
        lines += [f"  → {_line(row)}" for row in found.getting]
        lines += [f"  ✘ {_line(row)}: {row.why}" for row in found.waiting]
        if not found.getting and spec.get("type") != "ExternalName":
            lines.append("  " + self.nobody)
        lines += [f"  {text}" for text in [_others(found.others)] if text]
        return "\n".join(lines + self._counted())

    def told(self, what: str) -> str:
        """Send requests, forget the counts, or say what kubectl says of a Pod."""
        if what == CLEAR:
            self.meter.clear()
            return ""
        if what == SEND:
            return f"<p>{escape(self.send())}</p>"
        return ClusterMap().told(what)

    def send(self, count: int = REQUESTS) -> str:
        """Send requests to the Service, and return what came of them in a sentence; the bars grow meanwhile.

        Raises:
            ApiError: the cluster did not say where the Service is.
        """
        client = Client()
        try:
            service = self._now(client)
            port = self._asked(service) if service is not None else 0
            if service is None:
                return self.absent
            if not port:
                return _("There is no address and TCP port to send requests to.")
            before = self.meter.tally.sent, self.meter.tally.failed
            address = str(service["spec"]["clusterIP"])
            sent = self.meter.send(address, port, lambda: self._names(client), self.redraw, count)
        finally:
            client.close()
            self.redraw()
        if not sent:
            return _("Requests are under way: wait until they are over.")
        sent_now, failed = self.meter.tally.sent - before[0], self.meter.tally.failed - before[1]
        return _(
            "{sent} requests to http://{address}:{port}/, each on a connection of its own: {answered} were answered,"
            " {failed} failed.",
            sent=sent_now, address=address, port=port, answered=sent_now - failed, failed=failed,
        )  # fmt: skip

    @property
    def absent(self) -> str:
        """That there is no such Service."""
        return _(
            "There is no Service {name} in the namespace {namespace} yet. When there is, it appears here.",
            name=self.name, namespace=self.namespace,
        )  # fmt: skip

    @property
    def nobody(self) -> str:
        """That nobody gets its requests."""
        return _("Nobody gets this Service's requests: whoever connects to it is refused.")

    def _found(self, seen: Seen) -> tuple[Item | None, Traffic]:
        service = next(iter(seen["services"]), None)
        if service is None:
            return None, _NONE
        if type_of(service) == "ExternalName":
            return service, _NONE
        return service, traffic(service, seen["slices"], seen["pods"])

    def _asked(self, service: Item) -> int:
        """The port that the meter asks; 0: it cannot."""
        if address_of(service) in {"", "None"}:
            return 0
        return next(
            (
                port.number
                for port in ports_of(service)
                if port.protocol == "TCP" and self.port in {0, port.number}
            ),
            0,
        )

    def _now(self, client: Client) -> Item | None:
        source = self.sources()["services"]
        return next(iter(client.get(source.path, **source.query)["items"]), None)

    def _names(self, client: Client) -> Mapping[str, str]:
        """The Pods' names by address: those of the endpoints before others', for Pods may share a node's address."""
        of_pods, of_slices = (self.sources()[name] for name in ("pods", "slices"))
        names = {
            str(one["ip"]): str(pod["metadata"]["name"])
            for pod in client.get(of_pods.path)["items"]
            for one in pod.get("status", {}).get("podIPs", [])
        }
        for one in client.get(of_slices.path, **of_slices.query)["items"]:
            for entry in one.get("endpoints") or []:
                target: Mapping[str, Any] = entry.get("targetRef", {})
                if target.get("kind") == "Pod":
                    names |= {str(address): str(target["name"]) for address in entry["addresses"]}
        return names

    def _counted(self) -> list[str]:
        tally = self.meter.tally
        if not tally.sent:
            return []
        lines = [_("Requests sent: {count}", count=tally.sent)]
        lines += [f"  {_named(who)}: {count}" for who, count in sorted(tally.answered.items())]
        lines += [
            f"  {_named(who)}: {why}: {count}" if who else f"  {why}: {count}"
            for (who, why), count in tally.problems.most_common()
        ]
        return lines


def _named(who: str) -> str:
    return _("an unknown Pod") if who == UNKNOWN else who


def _line(row: Row) -> str:
    labels = ", ".join(map(str, row.labels))
    parts = [row.address, row.pod, row.status, f"({labels})" if labels else ""]
    return " ".join(part for part in parts if part)


def _others(others: tuple[Other, ...]) -> str:
    """The Pods that do not match, in one line; empty where there are none."""
    if not others:
        return ""
    # Those that nearly match come first: there the mistake is.
    ordered = sorted(others, key=lambda one: not one.why)
    names = ", ".join(
        f"{one.name} ({one.why})" if one.why else one.name for one in ordered[:_OTHERS_UP_TO]
    )
    names += ", …" if len(others) > _OTHERS_UP_TO else ""
    if len(others) == 1:
        return _("1 Pod of this namespace does not match: {names}", names=names)
    return _("{count} Pods of this namespace do not match: {names}", count=len(others), names=names)
