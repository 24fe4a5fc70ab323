"""Whom a Service sends requests to, and whom not and why: read from it, its EndpointSlices and the Pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course.language import _
from course.views.live.pod_status import MARKS, Mood, is_ready, mood_of, status_of
from course.views.live.view import Item

_OWN_BUSINESS = frozenset({"pod-template-hash", "controller-revision-hash"})
"""Labels that controllers give for themselves; a beginner's eye is better spared them."""


@dataclass(frozen=True)
class Label:
    """A label of a Pod; `chosen` where the Service's selector asks for it, and the Pod has it so."""

    key: str
    value: str
    chosen: bool

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True)
class Row:
    """One endpoint, or a Pod that matches and is none yet.

    Attributes:
        key: what tells it from the others.
        address: the endpoint's, with its port where it has just one; empty: there is none.
        pod: the Pod's name; empty: no Pod stands behind the address.
        status: the Pod's, in kubectl's word.
        mood: how the Pod is.
        labels: the Pod's.
        gets: whether it gets requests.
        why: why it gets none, or does though it ends.
    """

    key: str
    address: str
    pod: str
    status: str
    mood: Mood
    labels: tuple[Label, ...]
    gets: bool
    why: str = ""

    @property
    def mark(self) -> str:
        """The Pod's sign."""
        return MARKS[self.mood]

    @property
    def counted_as(self) -> str:
        """The name under which the request meter counts it."""
        return self.pod or self.address.rpartition(":")[0] or self.address


@dataclass(frozen=True)
class Other:
    """A Pod that the selector does not match; `why` where it matches in part."""

    name: str
    why: str = ""


@dataclass(frozen=True)
class Traffic:
    """All Pods and endpoints, as the Service has them to do with it."""

    getting: tuple[Row, ...]
    waiting: tuple[Row, ...]
    others: tuple[Other, ...]


def traffic(service: Item, slices: Sequence[Item], pods: Sequence[Item]) -> Traffic:
    """Who gets the Service's requests, who waits, and whom it does not know."""
    selector = service["spec"].get("selector") or {}
    by_name = {pod["metadata"]["name"]: pod for pod in pods}
    ends = _ends(slices)
    none_ready = not any(one.ready for one in ends)
    rows = [_of_end(one, by_name.get(one.pod), selector, none_ready) for one in ends]
    known = {one.pod for one in ends}
    matching = [pod for pod in pods if selector and carries(pod, selector)]
    rows += [_of_pod(pod, selector) for pod in matching if pod["metadata"]["name"] not in known]
    rows.sort(key=lambda row: (row.pod, row.address))
    matched = {pod["metadata"]["name"] for pod in matching} | known
    others = [
        Other(name, _partly(pod, selector))
        for name, pod in sorted(by_name.items())
        if name not in matched
    ]
    return Traffic(
        tuple(row for row in rows if row.gets),
        tuple(row for row in rows if not row.gets),
        tuple(others) if selector else (),
    )


def carries(pod: Item, selector: Mapping[str, str]) -> bool:
    """Whether the selector matches the Pod."""
    own = pod["metadata"].get("labels", {})
    return all(own.get(key) == value for key, value in selector.items())


@dataclass(frozen=True)
class _End:
    address: str
    ports: tuple[int, ...]
    pod: str
    ready: bool
    serving: bool
    terminating: bool


def _ends(slices: Sequence[Item]) -> list[_End]:
    """The endpoints; a Service with named ports may have the same one in several slices."""
    found: dict[tuple[str, str], _End] = {}
    for one in slices:
        ports = tuple(port["port"] for port in one.get("ports") or [] if port.get("port"))
        for entry in one.get("endpoints") or []:
            conditions: Mapping[str, Any] = entry.get("conditions", {})
            target = entry.get("targetRef", {})
            pod = target["name"] if target.get("kind") == "Pod" else ""
            for address in entry["addresses"]:
                before = found.get((address, pod))
                all_ports = {*(before.ports if before else ()), *ports}
                # What is not said of readiness counts as ready: the API says so of EndpointConditions.
                ready = conditions.get("ready") is not False
                found[address, pod] = _End(
                    address, tuple(sorted(all_ports)), pod, ready,
                    conditions.get("serving", ready) is not False, bool(conditions.get("terminating")),
                )  # fmt: skip
    return list(found.values())


def _of_end(end: _End, pod: Item | None, selector: Mapping[str, str], none_ready: bool) -> Row:
    # Where nobody is ready, those that end and still serve get the requests (KEP-1669).
    last_resort = none_ready and end.serving and end.terminating
    gets = end.ready or last_resort
    address = f"{end.address}:{end.ports[0]}" if len(end.ports) == 1 else end.address
    if last_resort:
        why = _("is being deleted, and goes on answering: nobody else is ready")
    elif gets:
        why = ""
    elif end.terminating:
        why = _("is being deleted: it ends what it has begun, and gets nothing new")
    else:
        why = _why_not(pod) if pod is not None else _("its EndpointSlice says that it is not ready")
    if pod is None:
        status = (
            _("the Pod is gone") if end.pod else _("no Pod of this cluster: an address by hand")
        )
        mood = Mood.ENDING if end.pod else Mood.WELL if gets else Mood.ON_ITS_WAY
        return Row(f"{end.address}/{end.pod}", address, end.pod, status, mood, (), gets, why)
    return Row(
        pod["metadata"]["uid"] + end.address, address, end.pod, status_of(pod), mood_of(pod),
        _labels(pod, selector), gets, why,
    )  # fmt: skip


def _of_pod(pod: Item, selector: Mapping[str, str]) -> Row:
    meta = pod["metadata"]
    return Row(
        meta["uid"], "", meta["name"], status_of(pod), mood_of(pod), _labels(pod, selector), False,
        _why_not(pod),
    )  # fmt: skip


def _labels(pod: Item, selector: Mapping[str, str]) -> tuple[Label, ...]:
    own = pod["metadata"].get("labels", {})
    labels = [
        Label(key, value, selector.get(key) == value)
        for key, value in own.items()
        if key not in _OWN_BUSINESS or key in selector
    ]
    return tuple(sorted(labels, key=lambda label: (not label.chosen, label.key)))


def _why_not(pod: Item) -> str:
    """Why a Pod that matches gets no requests."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return _("is being deleted")
    if status.get("phase") in {"Succeeded", "Failed"}:
        return _("has ended")
    if not pod["spec"].get("nodeName"):
        return _("is on no node yet")
    if status_of(pod) != "Running":
        return _("is not running yet: {status}", status=status_of(pod))
    if is_ready(pod):
        return _("is ready; its EndpointSlice does not say so yet")
    spec = {one["name"]: one for one in pod["spec"]["containers"]}
    for one in status.get("containerStatuses", []):
        probes = spec.get(one["name"], {})
        if one.get("ready"):
            continue
        if "startupProbe" in probes and not one.get("started"):
            return _("runs; the startupProbe of container {name} has not succeeded yet",
                     name=one["name"])  # fmt: skip
        if "readinessProbe" in probes:
            return _("runs, and is not ready: the readinessProbe of container {name} does not succeed",
                     name=one["name"])  # fmt: skip
    return _("runs, and is not ready")


def _partly(pod: Item, selector: Mapping[str, str]) -> str:
    """What a Pod lacks that has some of what is asked for; empty where it has nothing of it."""
    own = pod["metadata"].get("labels", {})
    wrong = {key: value for key, value in selector.items() if own.get(key) != value}
    near = [key for key in wrong if key in own]
    if len(wrong) == len(selector) and not near:
        return ""
    wanted = ", ".join(f"{key}={value}" for key, value in wrong.items())
    if near:
        has = ", ".join(f"{key}={own[key]}" for key in near)
        return _("has {has}, and not {wanted}", has=has, wanted=wanted)
    return _("lacks {wanted}", wanted=wanted)
