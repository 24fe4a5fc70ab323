"""Why an object is not as it should be: read from its conditions, its containers and its events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from course import api
from course.language import _

_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_STUCK = frozenset(
    {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CrashLoopBackOff"}
)
# How registries that did not answer are told of: the next try may be answered, whatever the image.
_UNANSWERED = (
    "timeout",
    "timed out",
    "deadline exceeded",
    "no answer within",
    "refused",
    "reset by peer",
    "EOF",
)


def is_stuck(item: dict[str, Any] | None) -> bool:
    """Whether a Pod is at its end, or has tried, failed and backed off: waiting longer shows nothing new."""
    if item is None or item.get("kind") != "Pod":
        return False
    status = item.get("status", {})
    if status.get("phase") in {"Succeeded", "Failed"}:
        return True
    spec = item.get("spec", {})
    images = {
        one["name"]: one.get("image", "")
        for one in spec.get("initContainers", []) + spec.get("containers", [])
    }
    return any(
        _has_backed_off(one.get("state", {}).get("waiting", {}), images.get(one.get("name"), ""))
        for one in status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
    )


def _has_backed_off(waiting: dict[str, str], image: str) -> bool:
    """Of one container. Who changes the image of a Pod sees the trouble of the old one for a moment still."""
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    told_of_another = reason in _PULL and message != "" and f'"{image}"' not in message
    unanswered = "not found" not in message and any(words in message for words in _UNANSWERED)
    return reason in _STUCK and not told_of_another and not (reason in _PULL and unanswered)


def is_the_clusters_own(cause: str) -> bool:
    """Whether a Pod waits for what the cluster puts into each new namespace by itself, on a busy machine late."""
    return "FailedMount" in cause and '"kube-root-ca.crt" not found' in cause


def of(item: dict[str, Any]) -> tuple[str, str]:
    """(the likely cause, the command to look closer) of an object; the cause may be empty."""
    meta = item["metadata"]
    name, namespace = meta["name"], meta.get("namespace", "")
    kind = item["kind"].lower()
    scope = f" -n {namespace}" if namespace else ""
    look = f"kubectl describe {kind} {name}{scope}"
    if kind == "pod":
        for cause, command in _of_pod(item):
            return cause, command or look
    for condition in item.get("status", {}).get("conditions", []):
        # Only the ReplicaSet's events tell of Pods that the API refuses, and this condition of them.
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return (
                f"{condition['reason']}: {_short(condition['message'])}",
                f"kubectl get events{scope} --field-selector involvedObject.kind=ReplicaSet",
            )
    if kind == "deployment":
        for pod in _pods_of(item):
            for cause, command in _of_pod(pod):
                own = pod["metadata"]["name"]
                why = _("Pod {name} is not well: {cause}", name=own, cause=cause)
                return why, command or f"kubectl describe pod {own}{scope}"
    return _from_events(item), look


def _pods_of(deployment: dict[str, Any]) -> list[dict[str, Any]]:
    """The Pods that a Deployment's selector of labels finds, those that are not ready."""
    labels = deployment["spec"].get("selector", {}).get("matchLabels") or {}
    chosen = ",".join(f"{key}={value}" for key, value in labels.items())
    return [
        pod
        for pod in api.get_all("pod", deployment["metadata"]["namespace"], labels=chosen)
        if "deletionTimestamp" not in pod["metadata"]
        and not any(
            one["type"] == "Ready" and one["status"] == "True"
            for one in pod.get("status", {}).get("conditions", [])
        )
    ]


def _of_pod(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Causes that a Pod's status names, the most telling one first."""
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
    if "deletionTimestamp" in meta:
        yield _("the Pod is being deleted"), ""
    for container in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
        yield from _of_container(container, meta)
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            reason = condition.get("message", condition.get("reason", ""))
            yield _("no node takes the Pod: {reason}", reason=reason), ""
    for name in _still_initial(spec, status):
        yield _("init container {name} has not ended: the others start after it", name=name), ""
    event = _from_events(pod)
    probe = "probe failed" in event
    if probe:
        if ports := ", ".join(_probe_ports(spec)):
            event += _(
                ". The probe asks port {ports}: does the container listen there?", ports=ports
            )
        yield event, ""
    for container in status.get("containerStatuses", []):
        if container.get("restartCount", 0) and not container.get("ready"):
            name, count = container["name"], container["restartCount"]
            yield (
                _("container {name} ended and was restarted {count} times", name=name, count=count),
                "",
            )
    if event:
        yield event, ""


def _of_container(container: dict[str, Any], meta: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name, scope = container["name"], f" -n {meta['namespace']}"
    logs = f"kubectl logs {meta['name']} -c {name}{scope}"
    state = container.get("state", {})
    waiting = state.get("waiting", {})
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _PULL:
        words = f" ({_short(message)})" if message else ""
        yield (
            _(
                "{reason}: the image {image} of container {name} cannot be pulled; is its name right?{words}",
                reason=reason,
                image=container["image"],
                name=name,
                words=words,
            ),
            "",
        )
    elif reason == "CrashLoopBackOff":
        last = container.get("lastState", {}).get("terminated", {})
        yield (
            _(
                "CrashLoopBackOff: container {name} starts and ends again"
                " (exit code {code}{words}), {count} times so far",
                name=name,
                code=last.get("exitCode", "?"),
                words=_said(last),
                count=container.get("restartCount", 0),
            ),
            f"{logs} --previous",
        )
    elif reason and reason not in {"ContainerCreating", "PodInitializing"}:
        yield f"{reason}: {_short(message) or _('container {name} cannot start', name=name)}", ""
    ended = state.get("terminated")
    if ended and ended.get("exitCode", 0) != 0:
        code, words = ended["exitCode"], _said(ended)
        yield (
            _(
                "container {name} ended with exit code {code}{words}",
                name=name,
                code=code,
                words=words,
            ),
            logs,
        )
    elif ended and ended.get("reason") == "Completed" and not container.get("ready"):
        yield _("container {name} has done its work and ended", name=name), logs


def _still_initial(spec: dict[str, Any], status: dict[str, Any]) -> Iterator[str]:
    """The init containers that run still; those that are restarted always are sidecars, and do not end."""
    sidecars = [
        one["name"]
        for one in spec.get("initContainers", [])
        if one.get("restartPolicy") == "Always"
    ]
    for container in status.get("initContainerStatuses", []):
        if "running" in container.get("state", {}) and container["name"] not in sidecars:
            yield container["name"]


def _said(ended: dict[str, Any]) -> str:
    message = ended.get("message", "") or ""
    return f": {_short(message)}" if message.strip() else ""


def _probe_ports(spec: dict[str, Any]) -> Iterator[str]:
    for container in spec.get("containers", []):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            action = container.get(probe, {})
            port = (action.get("httpGet") or action.get("tcpSocket") or {}).get("port")
            if port is not None:
                yield str(port)


def _from_events(item: dict[str, Any]) -> str:
    """The last warning about the object, in the cluster's own words; empty where there is none."""
    meta = item["metadata"]
    namespace = meta.get("namespace", "default")
    selector = f"involvedObject.uid={meta['uid']},type=Warning"
    events = api.get_all("events", namespace, fields=selector)
    if not events:
        return ""
    last = max(events, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return f"{last.get('reason', '')}: {_short(last.get('message', ''))}"


def of_absence(kind: str, name: str, namespace: str) -> tuple[str, str]:
    """(the likely cause, the command) where there is no such object."""
    everywhere = api.get_all(kind, everywhere=True)
    elsewhere = [
        one["metadata"].get("namespace") for one in everywhere if one["metadata"]["name"] == name
    ]
    here = [
        one["metadata"]["name"]
        for one in everywhere
        if one["metadata"].get("namespace", "") == namespace
    ]
    scope = f" -n {namespace}" if namespace else ""
    look = f"kubectl get {kind}{scope}"
    if elsewhere:
        return (
            _(
                "a {kind} of this name is in namespace {elsewhere}: was `--namespace {namespace}` forgotten?",
                kind=kind,
                elsewhere=elsewhere[0],
                namespace=namespace,
            ),
            f"kubectl get {kind} --all-namespaces",
        )
    if here:
        names = ", ".join(sorted(here)[:6])
        return _("it is missing or has another name; there are: {names}", names=names), look
    return _("it has not been created, or has been deleted"), look


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."
