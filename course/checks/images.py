"""Pods whose images are the riddle: three that cannot start, and what a Pod's status says of its image."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

from course import api, kubectl
from course.checks.failure import CheckFailed
from course.checks.match import Predicate
from course.checks.objects import Object
from course.language import _

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RIGHT = {"web": "nginx:1.22", "worker": "busybox:1.35", "store": "busybox:1.35"}
_FAULTS = ("InvalidImageName", "ErrImagePull", "ErrImageNeverPull")


@dataclass(frozen=True)
class ImageTrouble:
    """Which of three Pods has which fault, chosen by a seed.

    Attributes:
        images: the image that each Pod should run.
        faults: the reason for which each Pod waits.
    """

    images: dict[str, str]
    faults: dict[str, str]

    @classmethod
    def of(cls, seed: int) -> ImageTrouble:
        """The same seed gives the same trouble, on every machine."""
        dice = random.Random(seed)  # noqa: S311 - a riddle, not a secret
        faults = dice.sample(_FAULTS, len(_FAULTS))
        return cls(dict(_RIGHT), dict(zip(_RIGHT, faults, strict=True)))

    def reasons(self, name: str) -> tuple[str, ...]:
        """The words with which the Pod's status may say its fault: a pull that failed is tried again."""
        fault = self.faults[name]
        return (fault, "ImagePullBackOff") if fault == "ErrImagePull" else (fault,)

    @property
    def asked(self) -> tuple[str, ...]:
        """The Pods for whose image a registry was asked."""
        return tuple(name for name, fault in self.faults.items() if fault == "ErrImagePull")


def make_image_trouble(namespace: str, seed: int, *, deadline: float = 60) -> None:
    """Create the three Pods, and return when each waits for the reason that is meant. Seconds."""
    trouble = ImageTrouble.of(seed)
    pods = [_pod(name, image, trouble.faults[name]) for name, image in trouble.images.items()]
    # Not `kubectl run`: it refuses a name that the API takes.
    kubectl.apply(pods, "--namespace", namespace, deadline=deadline)
    for name in trouble.faults:
        reason = trouble.reasons(name)[-1]
        jsonpath = "{.status.containerStatuses[0].state.waiting.reason}"
        wait = ["wait", f"--for=jsonpath={jsonpath}={reason}", f"pod/{name}"]
        options = ["--namespace", namespace, f"--timeout={deadline:g}s"]
        kubectl.run([*wait, *options], deadline=deadline + 5).check()
    names = ", ".join(trouble.faults)
    print(
        _(
            "Three Pods are in {namespace}: {pods}. None of them starts.",
            namespace=namespace,
            pods=names,
        )
    )


def _pod(name: str, right: str, fault: str) -> dict[str, Any]:
    app, _, tag = right.partition(":")
    image, policy = {
        "InvalidImageName": (f"{app.capitalize()}:{tag}", "IfNotPresent"),
        "ErrImagePull": (f"{app}:{tag}-stable", "IfNotPresent"),
        "ErrImageNeverPull": (f"{app}:{tag}-local", "Never"),
    }[fault]
    container: dict[str, Any] = {"name": "main", "image": image, "imagePullPolicy": policy}
    if app == "busybox":
        container["command"] = ["sleep", "3600"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }


def named(image: str) -> Predicate:
    """An image of Docker Hub's by its name, written short or whole."""
    path = image if "/" in image else f"library/{image}"
    return Predicate(
        _("the image {image}", image=image), {image, path, f"docker.io/{path}"}.__contains__
    )


def digest_of(pod: Object, container: str = "") -> str:
    """The digest of the image that a Pod's container (its first one) runs from: `sha256:…`.

    Raises:
        CheckFailed: the Pod is not there, or no such container has started.
    """
    for status in pod.get().get("status", {}).get("containerStatuses", []):
        if container in ("", status["name"]) and (
            found := DIGEST.search(status.get("imageID", ""))
        ):
            return found.group()
    raise CheckFailed(
        str(pod), _("a container that runs from an image"), _("none"), look=_look(pod)
    )


def runs_digest(pod: Object, digest: str, container: str = "") -> None:
    """The Pod's container runs from the image with this digest."""
    found = digest_of(pod, container)
    if found != digest:
        raise CheckFailed(
            str(pod), _("the image with the digest {digest}", digest=digest), found, look=_look(pod)
        )


def did_not_pull(pod: Object) -> None:
    """The kubelet took the Pod's image from the node: by the Pod's events, it asked no registry."""
    of_pod = f"involvedObject.uid={pod.get()['metadata']['uid']},reason=Pulling"
    pulling = api.get_all("events", pod.namespace, fields=of_pod)
    if pulling:
        look = f"kubectl events --for pod/{pod.name} -n {pod.namespace}"
        raise CheckFailed(str(pod), _("no event Pulling"), pulling[0].get("message", ""), look=look)


def _look(pod: Object) -> str:
    return (
        f"kubectl get pod {pod.name} -n {pod.namespace} -o jsonpath={{.status.containerStatuses}}"
    )
