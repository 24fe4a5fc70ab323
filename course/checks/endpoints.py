"""A Service's endpoints, as its EndpointSlices list them, and the Pods behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from course import api
from course.language import _

_OWNER = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Endpoint:
    """One address that a Service sends requests to, when it is ready.

    Attributes:
        name: the Pod's name; the address itself where no Pod stands behind it.
        address: where it is.
        ready: whether it gets requests.
        ending: whether its Pod is on its way out.
        ports: the ports on which it is asked.
    """

    name: str
    address: str
    ready: bool
    ports: tuple[int, ...] = ()
    ending: bool = False


def selector_of_slices(service: str) -> str:
    """The label selector that finds a Service's EndpointSlices."""
    return f"{_OWNER}={service}"


def of_service(name: str, namespace: str) -> list[Endpoint]:
    """All endpoints of a Service, those that are not ready too."""
    slices = api.get_all("endpointslices", namespace, labels=selector_of_slices(name))
    return [endpoint for one in slices for endpoint in _in_slice(one)]


def _in_slice(one: dict[str, Any]) -> Iterable[Endpoint]:
    ports = tuple(port["port"] for port in one.get("ports") or [] if port.get("port") is not None)
    for entry in one.get("endpoints") or []:
        # An unknown readiness counts as ready: the API says so of EndpointConditions.ready.
        conditions = entry.get("conditions", {})
        ready, ending = conditions.get("ready") is not False, bool(conditions.get("terminating"))
        for address in entry["addresses"]:
            name = entry.get("targetRef", {}).get("name", address)
            yield Endpoint(name, address, ready, ports, ending)


def pods(namespace: str, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The Pods of a namespace that carry all these labels and are not on their way out."""
    found = api.get_all("pod", namespace, labels=words(labels))
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a Pod's condition Ready is True."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def words(labels: Mapping[str, str] | None) -> str:
    """Labels as kubectl writes them: `app=web,tier=front`."""
    return ",".join(f"{key}={value}" for key, value in (labels or {}).items())


def carries(pod: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector of just these labels matches the Pod."""
    own = pod["metadata"].get("labels", {})
    return all(own.get(key) == value for key, value in labels.items())


def name_of(pod: Mapping[str, Any]) -> str:
    """A Pod's name."""
    return str(pod["metadata"]["name"])


def labels_there(namespace: str) -> str:
    """The labels of the Pods of a namespace, for a message: `app=web (3 Pods), run=client (1 Pod)`."""
    counts: dict[str, int] = {}
    for pod in pods(namespace):
        own = {
            key: value
            for key, value in pod["metadata"].get("labels", {}).items()
            if key != "pod-template-hash"  # the Deployment's own business
        }
        text = words(own) or _("no label")
        counts[text] = counts.get(text, 0) + 1
    shown = [
        f"{text} ({_('1 Pod') if n == 1 else _('{n} Pods', n=n)})"
        for text, n in sorted(counts.items())
    ]
    return "; ".join(shown[:8]) + ("; …" if len(shown) > 8 else "")
