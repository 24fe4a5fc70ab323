"""A Pod that a controller made: known by its labels, for nobody knows its name beforehand."""

from __future__ import annotations

from collections.abc import Mapping

from course.checks import endpoints
from course.checks.failure import CheckFailed
from course.checks.objects import Object
from course.language import _


def pod_with(namespace: str, labels: Mapping[str, str]) -> Object:
    """A ready Pod of the namespace that carries the labels.

    Raises:
        CheckFailed: there is none.
    """
    found = endpoints.pods(namespace, labels)
    for pod in found:
        if endpoints.is_ready(pod):
            return Object("pod", endpoints.name_of(pod), namespace)
    chosen = endpoints.words(labels)
    raise CheckFailed(
        _("Namespace {name}", name=namespace),
        _("a ready Pod with the labels {labels}", labels=chosen),
        ", ".join(endpoints.name_of(pod) for pod in found) or _("none"),
        look=f"kubectl get pod -n {namespace} -l {chosen}",
    )
