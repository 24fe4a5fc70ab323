"""A Service: who stands behind it, and who answers when it is asked.

```python
shop = checks.Service("shop", namespace)
shop.endpoints_are({"app": "shop"})              # exactly the ready Pods with this label
shop.answers(80, contains="open")                # at its cluster address
shop.answers_by_name(80, client=checks.Object("pod", "client", namespace))
shop.answers_at_nodes()                          # at its NodePort on every node
shop.answers_come_from({"version": "green"})     # from these Pods, all of them, and no other
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any

from course import api
from course.checks import endpoints, reach, service_cause
from course.checks.endpoints import Endpoint
from course.checks.failure import CheckFailed, NoAnswer
from course.checks.http import http
from course.checks.objects import WITHIN, Object
from course.language import _

Pods = Iterable[str] | Mapping[str, str]
"""Pods by their names, or the ready Pods that carry these labels."""


class Service(Object):
    """One Service by its name and namespace; it need not exist yet."""

    def __init__(self, name: str, namespace: str) -> None:
        super().__init__("service", name, namespace)

    def endpoints(self) -> list[Endpoint]:
        """The endpoints as they are now, those that are not ready too."""
        return endpoints.of_service(self.name, self.namespace)

    def endpoints_are(self, wanted: Pods, *, within: float = WITHIN) -> list[str]:
        """The Service sends requests to just these Pods; returns their names.

        An empty list asks for no endpoint at all; labels ask for at least one Pod, and that no other is
        waiting to get ready.
        """
        service, labelled = self.get(), isinstance(wanted, Mapping)
        expected: list[str] = []

        def right(found: list[str]) -> bool:
            expected[:] = self._names(wanted)
            if found != expected or (labelled and not expected):
                return False
            return not self._waiting(wanted)

        found, held = self._watched(right, within)
        if held:
            return found
        found = sorted({*found, *self._waiting(wanted)})
        missing = [name for name in expected if name not in found]
        extra = [name for name in found if name not in expected]
        why, look = service_cause.of_endpoints(service, missing, extra)
        raise self._wrong_endpoints(_meant(wanted, expected), within, found, why, look)

    def has_endpoints(self, least: int = 1, *, within: float = WITHIN) -> list[str]:
        """At least so many Pods get the Service's requests; returns their names."""
        service = self.get()
        found, held = self._watched(lambda ready: len(ready) >= least, within)
        if held:
            return found
        why, look = service_cause.of_endpoints(service, [], [])
        meant = _("at least {least} ready endpoints", least=least)
        raise self._wrong_endpoints(meant, within, found, why, look)

    def answers(
        self,
        port: int = 0,
        path: str = "/",
        *,
        contains: str = "",
        status: int = 200,
        within: float = WITHIN,
    ) -> str:
        """A request to the cluster address is answered; returns the page. Port 0: the Service's first."""
        service, port = self._with_port(port)
        address = service["spec"].get("clusterIP", "")
        if address in {"", "None"}:
            raise CheckFailed(
                str(self), _("a cluster address"), _("none"), self._kind_of(service), self._look
            )
        url = f"http://{address}:{port}{path}"
        return self._explained(
            service, port, http, url, contains=contains, status=status, within=within
        )

    def answers_by_name(
        self,
        port: int = 0,
        path: str = "/",
        *,
        client: Object | None = None,
        contains: str = "",
        within: float = WITHIN,
    ) -> str:
        """A request to the DNS name is answered, from the Pod `client` or from where the notebook runs."""
        service, port = self._with_port(port)
        options: dict[str, Any] = {"contains": contains, "within": within}
        if client is None:
            url = f"http://{self.dns_name}:{port}{path}"
            return self._explained(service, port, http, url, **options)
        near = client.namespace == self.namespace
        url = f"http://{self.name if near else f'{self.name}.{self.namespace}'}:{port}{path}"
        return self._explained(service, port, reach.from_pod, client, url, **options)

    def answers_at_nodes(
        self, port: int = 0, path: str = "/", *, contains: str = "", within: float = WITHIN
    ) -> None:
        """Every node of the cluster answers at the Service's NodePort."""
        service, port = self._with_port(port)
        node_port = self._node_port(service, port)
        for name, address in node_addresses().items():
            url = f"http://{address}:{node_port}{path}"
            about = _("{object}, at node {node}", object=self, node=name)
            self._explained(service, port, http, url, contains=contains, within=within, about=about)

    def answers_come_from(
        self,
        wanted: Pods,
        port: int = 0,
        *,
        requests: int = reach.REQUESTS,
        within: float = 8,
        who: Callable[[str], str] = reach.first_word,
    ) -> Counter[str]:
        """All of these Pods answer at the cluster address, and no other; a page begins with the name."""
        service, port = self._with_port(port)
        url = f"http://{service['spec'].get('clusterIP')}:{port}/"
        try:
            return reach.answered_by(
                url, self._names(wanted), requests=requests, within=within, who=who, about=str(self)
            )
        except CheckFailed as failure:
            expected = set(self._names(wanted))
            found = {one.name for one in self.endpoints() if one.ready}
            missing, extra = sorted(expected - found), sorted(found - expected)
            if not (missing or extra):
                raise
            why, look = service_cause.of_endpoints(service, missing, extra)
            raise CheckFailed(failure.about, failure.expected, failure.found, why, look) from None

    def must_not_answer(self, port: int = 0, *, because: str = "", within: float = 5) -> None:
        """Nobody answers at the cluster address. A Service that is not there is fine."""
        if self.now() is None:
            return
        service, port = self._with_port(port)
        url = f"http://{service['spec'].get('clusterIP')}:{port}/"
        reach.must_not_answer(url, about=str(self), because=because, within=within)

    def resolves_to(
        self, wanted: Pods, *, client: Object | None = None, within: float = 8
    ) -> list[str]:
        """DNS gives the addresses of just these Pods for the Service's name, as it does when headless."""
        service = self.get()
        names = set(self._names(wanted))
        pods = [one for one in endpoints.pods(self.namespace) if endpoints.name_of(one) in names]
        own = [str(pod["status"].get("podIP", "")) for pod in pods]
        try:
            return reach.resolves_to(self.dns_name, own, client, within=within)
        except CheckFailed as failure:
            address = service["spec"].get("clusterIP", "None")
            why = failure.cause
            if address != "None":
                why = _(
                    "the Service has the cluster address {address}: it is not headless",
                    address=address,
                )
            raise CheckFailed(
                failure.about, failure.expected, failure.found, why, failure.look
            ) from None

    @property
    def dns_name(self) -> str:
        """The whole name: it holds in every namespace."""
        return f"{self.name}.{self.namespace}.svc.cluster.local"

    @property
    def _look(self) -> str:
        return f"kubectl describe service {self._scope}"

    def _wrong_endpoints(
        self, meant: str, within: float, found: list[str], why: str, look: str
    ) -> CheckFailed:
        patience = _(" within {seconds:g} s", seconds=within) if within else ""
        return CheckFailed(str(self), meant + patience, ", ".join(found) or _("none"), why, look)

    def _names(self, wanted: Pods) -> list[str]:
        if not isinstance(wanted, Mapping):
            return sorted(wanted)
        pods = endpoints.pods(self.namespace, wanted)
        return sorted(endpoints.name_of(pod) for pod in pods if endpoints.is_ready(pod))

    def _waiting(self, wanted: Pods) -> set[str]:
        """The endpoints without the wanted labels that will get requests as soon as they are ready."""
        if not isinstance(wanted, Mapping):
            return set()
        own = {endpoints.name_of(pod) for pod in endpoints.pods(self.namespace, wanted)}
        every = self.endpoints()
        return {one.name for one in every if not (one.ready or one.ending or one.name in own)}

    def _watched(self, right: Callable[[list[str]], bool], within: float) -> tuple[list[str], bool]:
        """The names of the ready endpoints, when they are right or time is up; and which of the two."""
        ready = self._ready()
        if right(ready):
            return ready, True
        if within > 0:
            chosen = endpoints.selector_of_slices(self.name)
            slices = api.watch("endpointslices", "", self.namespace, within, labels=chosen)
            with closing(slices) as events:
                for _event in events:
                    ready = self._ready()
                    if right(ready):
                        return ready, True
        return ready, False

    def _ready(self) -> list[str]:
        return sorted({one.name for one in self.endpoints() if one.ready})

    def _with_port(self, port: int) -> tuple[dict[str, Any], int]:
        service = self.get()
        ports = service["spec"].get("ports") or []
        return service, port or (int(ports[0]["port"]) if ports else 80)

    def _node_port(self, service: Mapping[str, Any], port: int) -> int:
        for one in service["spec"].get("ports") or []:
            if one["port"] == port and one.get("nodePort"):
                return int(one["nodePort"])
        wanted = _("a NodePort for port {port}", port=port)
        raise CheckFailed(str(self), wanted, _("none"), self._kind_of(service), self._look)

    def _kind_of(self, service: Mapping[str, Any]) -> str:
        spec = service["spec"]
        if spec.get("clusterIP") == "None":
            return _("the Service is headless (clusterIP: None)")
        ports = ", ".join(str(one["port"]) for one in spec.get("ports") or []) or _("none")
        kind = spec.get("type")
        return _("the Service is of type {type}, its ports are {ports}", type=kind, ports=ports)

    def _explained(
        self,
        service: Mapping[str, Any],
        port: int,
        ask: Callable[..., str],
        *args: Any,
        **options: Any,
    ) -> str:
        """The page; a request that comes to nothing fails with what is wrong with the Service."""
        options.setdefault("about", _("{object}, port {port}", object=self, port=port))
        try:
            return ask(*args, **options)
        except NoAnswer as failure:
            why, look = service_cause.of_silence(service, port)
            raise CheckFailed(
                failure.about, failure.expected, failure.found, why, look if why else failure.look
            ) from None


def _meant(wanted: Pods, expected: list[str]) -> str:
    """Which endpoints were asked for, in words."""
    names = ", ".join(expected)
    if not isinstance(wanted, Mapping):
        return _("as its endpoints the Pods {names}", names=names) if names else _("no endpoints")
    own = endpoints.words(wanted)
    if names:
        return _("as its endpoints the Pods {names} ({labels})", names=names, labels=own)
    return _("as its endpoints Pods that are ready and have {labels}", labels=own)


def node_addresses() -> dict[str, str]:
    """The address of each node, by its name, as the cluster's own network knows it."""
    return {
        node["metadata"]["name"]: next(
            one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP"
        )
        for node in api.get_all("node")
    }
