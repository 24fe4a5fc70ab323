"""Why a Service does not answer, or not from the Pods that were meant: the usual mistakes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course.checks import cause, endpoints

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
        return "the Service is of type ExternalName: it is a name in DNS and has no endpoints", look
    if not selector:
        return "the Service has no selector: nobody finds Pods for it", look
    matched = endpoints.pods(namespace, selector)
    if not matched:
        return _of_no_match(selector, namespace)
    if extra:
        text = (
            f"the selector {endpoints.words(selector)} matches {', '.join(sorted(extra))} as well"
        )
        return text, _labels(namespace)
    not_ready = [pod for pod in matched if not endpoints.is_ready(pod)]
    if not_ready and (not missing or endpoints.name_of(not_ready[0]) in missing):
        return _of_not_ready(not_ready[0])
    there = {endpoints.name_of(pod) for pod in matched}
    for pod in endpoints.pods(namespace):
        if endpoints.name_of(pod) in missing and endpoints.name_of(pod) not in there:
            own = endpoints.words(pod["metadata"].get("labels"))
            text = (
                f"the selector is {endpoints.words(selector)}, and Pod {endpoints.name_of(pod)}"
                f" has {own or 'no label'}"
            )
            return text, _labels(namespace)
    if text := _of_named_port(spec, matched):
        return text, look
    return "", f"kubectl describe service {name} -n {namespace}"


def of_silence(service: Mapping[str, Any], port: int) -> Cause:
    """(likely cause, command) where a request to a Service gets no answer at all."""
    meta, spec = service["metadata"], service["spec"]
    name, namespace = meta["name"], meta["namespace"]
    look = f"kubectl describe service {name} -n {namespace}"
    if spec.get("type") == "ExternalName":
        text = f"the name stands for {spec.get('externalName')}: is there such a name,"
        return f"{text} and does it answer on port {port}?", look
    ports = {one["port"]: one for one in spec.get("ports") or []}
    if ports and port not in ports:
        there = ", ".join(str(one) for one in ports)
        return f"the Service has no port {port}; it has {there}", look
    serving = [one for one in endpoints.of_service(name, namespace) if one.ready]
    if not serving:
        return of_endpoints(service, [], [])
    if port not in ports:
        return "", look
    target = ports[port].get("targetPort", port)
    matched = endpoints.pods(namespace, spec.get("selector") or {})
    if text := _of_named_port(spec, matched):
        return text, look
    declared = _declared(matched)
    text = f"targetPort is {target}: does anybody listen there in Pod {serving[0].name}?"
    if declared:
        text += f" Its containers declare port {', '.join(declared)}"
    return text, f"kubectl describe pod {serving[0].name} -n {namespace}"


def _of_no_match(selector: Mapping[str, str], namespace: str) -> Cause:
    there = endpoints.labels_there(namespace)
    text = f"the selector {endpoints.words(selector)} matches no Pod; "
    text += f"the Pods here have: {there}" if there else "there are no Pods in the namespace"
    return text, _labels(namespace)


def _of_not_ready(pod: dict[str, Any]) -> Cause:
    why, look = cause.of({**pod, "kind": "Pod"})
    return f"Pod {endpoints.name_of(pod)} is not ready" + (f" ({why})" if why else ""), look


def _of_named_port(spec: Mapping[str, Any], pods: list[dict[str, Any]]) -> str:
    """A targetPort that is a name, and that no container gives to a port of its own."""
    names = {
        port.get("name")
        for pod in pods
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    }
    for port in spec.get("ports") or []:
        target = port.get("targetPort")
        if isinstance(target, str) and target not in names:
            return f"targetPort is the name {target}, and no container's port is called so"
    return ""


def _declared(pods: list[dict[str, Any]]) -> list[str]:
    ports = {
        str(port["containerPort"])
        for pod in pods
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    }
    return sorted(ports)


def _labels(namespace: str) -> str:
    return f"kubectl get pod -n {namespace} --show-labels"
