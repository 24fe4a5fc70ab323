"""Why a Service does not answer, or not from the Pods that were meant: the usual mistakes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course.checks import cause, endpoints
from course.language import _

Cause = tuple[str, str]


def of_endpoints(service: Mapping[str, Any], missing: list[str], extra: list[str]) -> Cause:
    """(likely cause, command) where a Service's ready endpoints are not the Pods that were meant.

    Args:
        service: the Service, as the API has it.
        missing: Pods that should be endpoints, and are none.
        extra: endpoints that should be none.
    """
    spec, namespace = service["spec"], service["metadata"]["namespace"]
    name, selector = service["metadata"]["name"], spec.get("selector") or {}
    look = f"kubectl get service {name} -n {namespace} -o wide"
    if spec.get("type") == "ExternalName":
        why = _("the Service is of type ExternalName: it is a name in DNS and has no endpoints")
        return why, look
    if not selector:
        return _("the Service has no selector: nobody finds Pods for it"), look
    matched = endpoints.pods(namespace, selector)
    own = endpoints.words(selector)
    if not matched:
        return _of_no_match(own, namespace)
    if extra:
        others = ", ".join(sorted(extra))
        why = _("the selector {selector} matches {pods} as well", selector=own, pods=others)
        return why, _labels(namespace)
    for pod in matched:
        if not endpoints.is_ready(pod) and (not missing or endpoints.name_of(pod) in missing):
            return _of_not_ready(pod)
    if why := _of_other_labels(own, namespace, missing, matched):
        return why, _labels(namespace)
    if why := _of_named_port(spec, matched):
        return why, look
    return "", f"kubectl describe service {name} -n {namespace}"


def of_silence(service: Mapping[str, Any], port: int) -> Cause:
    """(likely cause, command) where a request to a Service gets no answer at all."""
    meta, spec = service["metadata"], service["spec"]
    name, namespace = meta["name"], meta["namespace"]
    look = f"kubectl describe service {name} -n {namespace}"
    if spec.get("type") == "ExternalName":
        why = _(
            "the name stands for {target}: is there such a name, and does it answer on port {port}?",
            target=spec.get("externalName"),
            port=port,
        )
        return why, look
    ports = {one["port"]: one for one in spec.get("ports") or []}
    if ports and port not in ports:
        there = ", ".join(str(one) for one in ports)
        why = _("the Service has no port {port}; it has {ports}", port=port, ports=there)
        return why, look
    serving = [one for one in endpoints.of_service(name, namespace) if one.ready]
    if not serving:
        return of_endpoints(service, [], [])
    if port not in ports:
        return "", look
    matched = endpoints.pods(namespace, spec.get("selector") or {})
    if why := _of_named_port(spec, matched):
        return why, look
    target, pod = ports[port].get("targetPort", port), serving[0].name
    why = _("targetPort is {port}: does anybody listen there in Pod {pod}?", port=target, pod=pod)
    if declared := _declared(matched):
        why += _(" Its containers declare port {ports}", ports=", ".join(declared))
    return why, f"kubectl describe pod {pod} -n {namespace}"


def _of_no_match(selector: str, namespace: str) -> Cause:
    there = endpoints.labels_there(namespace)
    why = _("the selector {selector} matches no Pod", selector=selector)
    why += (
        _("; the Pods here have: {labels}", labels=there)
        if there
        else _("; there are no Pods in the namespace")
    )
    return why, _labels(namespace)


def _of_not_ready(pod: dict[str, Any]) -> Cause:
    why, look = cause.of({**pod, "kind": "Pod"})
    name = endpoints.name_of(pod)
    if why:
        return _("Pod {pod} is not ready ({reason})", pod=name, reason=why), look
    return _("Pod {pod} is not ready", pod=name), look


def _of_other_labels(
    selector: str, namespace: str, missing: list[str], matched: list[dict[str, Any]]
) -> str:
    """A Pod that is missing, and that the selector does not match."""
    found = {endpoints.name_of(pod) for pod in matched}
    for pod in endpoints.pods(namespace):
        name = endpoints.name_of(pod)
        if name in missing and name not in found:
            return _(
                "the selector is {selector}, and Pod {pod} has {labels}",
                selector=selector,
                pod=name,
                labels=endpoints.words(pod["metadata"].get("labels")) or _("no label"),
            )
    return ""


def _of_named_port(spec: Mapping[str, Any], pods: list[dict[str, Any]]) -> str:
    """A targetPort that is a name, and that no container gives to a port of its own."""
    names = {port.get("name") for port in _ports(pods)}
    for port in spec.get("ports") or []:
        target = port.get("targetPort")
        if isinstance(target, str) and target not in names:
            return _(
                "targetPort is the name {name}, and no container's port is called so", name=target
            )
    return ""


def _declared(pods: list[dict[str, Any]]) -> list[str]:
    return sorted({str(port["containerPort"]) for port in _ports(pods)})


def _ports(pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        port
        for pod in pods
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    ]


def _labels(namespace: str) -> str:
    return f"kubectl get pod -n {namespace} --show-labels"
