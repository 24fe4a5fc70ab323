"""What kind of Service it is, for a beginner: where it is reached, and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from course.language import _
from course.views.live.view import Item


@dataclass(frozen=True)
class Port:
    """One port of a Service, and where it leads."""

    number: int
    target: str
    protocol: str
    node_port: int
    name: str

    def __str__(self) -> str:
        number = str(self.number) if self.protocol == "TCP" else f"{self.number}/{self.protocol}"
        said = _("port {port} → targetPort {target}", port=number, target=self.target)
        if self.node_port:
            said += _(", and {port} on every node", port=self.node_port)
        return f"{self.name}: {said}" if self.name else said


def type_of(service: Item) -> str:
    """The type, as the API has it; a headless Service has none of its own, and is called so."""
    spec = service["spec"]
    kind = str(spec.get("type", "ClusterIP"))
    return "headless" if kind != "ExternalName" and address_of(service) == "None" else kind


def address_of(service: Item) -> str:
    """The cluster address; `None` for a headless Service, as the API has it, and empty where there is none."""
    return str(service["spec"].get("clusterIP", ""))


def ports_of(service: Item) -> list[Port]:
    """Its ports, in its order."""
    return [
        Port(
            one["port"], str(one.get("targetPort", one["port"])), one.get("protocol", "TCP"),
            one.get("nodePort", 0), one.get("name", ""),
        )
        for one in service["spec"].get("ports") or []
    ]  # fmt: skip


def meaning(service: Item) -> str:
    """What it is, in a sentence or more."""
    return " ".join(_sentences(service))


def _sentences(service: Item) -> Iterator[str]:
    spec, kind = service["spec"], type_of(service)
    match kind:
        case "ExternalName":
            yield _(
                "ExternalName: only a name. Asked for it, DNS answers with {target}; there is no address, no port and"
                " no Pod behind it.",
                target=spec.get("externalName", ""),
            )
            return
        case "headless":
            yield _(
                "Headless (clusterIP: None): it has no address of its own. DNS answers with the addresses of its Pods,"
                " and each client chooses one itself."
            )
        case "LoadBalancer":
            ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
            outside = ", ".join(one.get("ip") or one.get("hostname", "") for one in ingress)
            if outside:
                yield _("LoadBalancer: it is reached from outside at {address}.", address=outside)
            else:
                yield _("LoadBalancer: it waits for an address for the outside.")
        case "NodePort":
            yield _("NodePort: it is also reached at every node's own address, on the node's port.")
        case _:
            yield _("ClusterIP: one address, inside the cluster only.")
    if not spec.get("selector"):
        yield _(
            "It has no selector, so it looks for no Pods: its endpoints are written by hand, in an EndpointSlice."
        )
    if spec.get("publishNotReadyAddresses"):
        yield _("publishNotReadyAddresses: Pods that are not ready get requests, too.")
    if spec.get("sessionAffinity") == "ClientIP":
        yield _("sessionAffinity: ClientIP: all requests of one client go to the same Pod.")
