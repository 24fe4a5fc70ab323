"""A Pod's state in one word, as `kubectl get pods` shows it, and how good or bad that is.

The rules are those of kubectl's printer (k8s.io/kubernetes, pkg/printers/internalversion/printers.go, printPod).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Item = Mapping[str, Any]


class Mood(StrEnum):
    """How a Pod is."""

    WELL = "well"
    ON_ITS_WAY = "on-its-way"
    BAD = "bad"
    DONE = "done"
    ENDING = "ending"


MARKS = {Mood.WELL: "✔", Mood.ON_ITS_WAY: "…", Mood.BAD: "✘", Mood.DONE: "■", Mood.ENDING: "↓"}
"""A sign for each, for those who do not see its colour."""
_BAD = ("Error", "BackOff", "Failed", "Invalid", "Err", "OOMKilled", "Evicted", "ExitCode", "Signal",
        "Deadline", "NodeLost", "Unknown", "CannotRun", "ContainerCannot")  # fmt: skip


def status_of(pod: Item) -> str:
    """The word of the column STATUS."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"] and status.get("reason") != "NodeLost":
        return "Terminating"
    word = status.get("reason") or status.get("phase", "Unknown")
    if (initialising := _of_init(pod)) is not None:
        return initialising
    running = False
    for one in reversed(status.get("containerStatuses", [])):
        state = one.get("state", {})
        if reason := state.get("waiting", {}).get("reason"):
            word = reason
        elif "terminated" in state:
            word = _of_end(state["terminated"])
        elif one.get("ready") and "running" in state:
            running = True
    if word == "Completed" and running:
        return "Running" if is_ready(pod) else "NotReady"
    return str(word)


def is_ready(pod: Item) -> bool:
    """Whether its condition Ready is true."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def mood_of(pod: Item) -> Mood:
    """How it is."""
    word = status_of(pod)
    if word == "Terminating":
        return Mood.ENDING
    if word in {"Completed", "Succeeded"}:
        return Mood.DONE
    if any(sign in word for sign in _BAD):
        return Mood.BAD
    return Mood.WELL if word == "Running" and is_ready(pod) else Mood.ON_ITS_WAY


def _of_init(pod: Item) -> str | None:
    """What is said of init containers while one of them has yet to end (a sidecar: to start)."""
    spec = pod.get("spec", {}).get("initContainers", [])
    sidecars = {one["name"] for one in spec if one.get("restartPolicy") == "Always"}
    for index, one in enumerate(pod.get("status", {}).get("initContainerStatuses", [])):
        state = one.get("state", {})
        ended, waiting = state.get("terminated"), state.get("waiting", {}).get("reason", "")
        if (ended and ended.get("exitCode") == 0) or (
            one["name"] in sidecars and one.get("started")
        ):
            continue
        if ended:
            return f"Init:{_of_end(ended)}"
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{index}/{len(spec)}"
    return None


def _of_end(ended: Mapping[str, Any]) -> str:
    if reason := ended.get("reason"):
        return str(reason)
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended['exitCode']}"
