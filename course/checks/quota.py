"""What a namespace lets its users have: ResourceQuota, LimitRange, and the API's own word on an object.

Whether an object would be let in is asked of the API server itself, by a dry run there: admission runs as
it always does, with quotas and defaults, and nothing is created.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from course import api, kubectl
from course.checks import quantity
from course.checks.failure import CheckFailed
from course.checks.match import Mismatch, compare
from course.checks.objects import Object
from course.language import _

# A quota may name these without the word before the dot; they mean the same.
_ALIASES = {"cpu": "requests.cpu", "memory": "requests.memory", "storage": "requests.storage"}


def quota(
    namespace: str,
    *,
    hard: Mapping[str, Any] | None = None,
    used: Mapping[str, Any] | None = None,
    within: float = 5,
) -> dict[str, Any]:
    """A ResourceQuota of the namespace has these hard limits and counts these amounts as used.

    Args:
        namespace: where.
        hard: resource = amount; resources that are not named do not matter.
        used: the same, of what is counted at this time; it has `within` seconds to come true.

    Raises:
        CheckFailed: of all quotas there, the one that comes nearest is told of.
    """
    wanted = {name: quantity.amount(value) for name, value in (hard or used or {}).items()}
    there = api.get_all("resourcequota", namespace)
    if not there:
        raise CheckFailed(
            _("Namespace {namespace}", namespace=namespace),
            _("a ResourceQuota with {amounts}", amounts=_listed(wanted)), _("none"),
            _elsewhere(namespace), "kubectl get resourcequota --all-namespaces",
        )  # fmt: skip
    nearest = min(there, key=lambda one: len(compare(_hard(one), wanted)))
    name = nearest["metadata"]["name"]
    if hard and (wrong := compare(_hard(nearest), wanted, "spec.hard")):
        first, look = wrong[0], f"kubectl describe resourcequota {name} -n {namespace}"
        raise CheckFailed(
            str(Object("resourcequota", name, namespace)), f"{first.path} = {first.expected}",
            first.found, _why_other(first, _hard(nearest)), look,
        )  # fmt: skip
    if used:
        counted = {key: quantity.amount(value) for key, value in used.items()}
        return Object("resourcequota", name, namespace).matches(
            {"status": {"used": counted}}, within=within
        )
    return nearest


def sample_pod(
    name: str,
    namespace: str,
    *,
    requests: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A Pod's manifest, for `accepted` and `refused`; without requests and limits where none are given."""
    resources = {
        key: dict(value) for key, value in (("requests", requests), ("limits", limits)) if value
    }
    container = {"name": "main", "image": "busybox:1.35", "resources": resources}
    meta = {"name": name, "namespace": namespace, "labels": dict(labels or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [container]},
    }


def accepted(manifest: Mapping[str, Any], becomes: Mapping[str, Any] | None = None) -> None:
    """The API would take the object, and make of it what `becomes` says (defaults filled in)."""
    status, words, made = _ask(manifest)
    about, look = _about(manifest), f"kubectl get resourcequota,limitrange -n {_place(manifest)}"
    if status:
        raise CheckFailed(
            about, _("the API to take it"), f"“{words}”",
            _why_refused(words), look,
        )  # fmt: skip
    if wrong := compare(made, becomes or {}):
        first = wrong[0]
        why = ""
        if "resources" in first.path:
            why = _(
                "what a container does not say, a LimitRange of its namespace fills in; none there says this"
            )
        raise CheckFailed(
            about, f"{first.path} = {first.expected}",
            first.found, why, look,
        )  # fmt: skip


def refused(manifest: Mapping[str, Any], because: str = "") -> str:
    """The API would refuse the object, in words that hold `because`; returns its words."""
    status, words, _made = _ask(manifest)
    about, look = (
        _about(manifest),
        f"kubectl describe resourcequota,limitrange -n {_place(manifest)}",
    )
    wanted = _("the API to refuse it")
    if because:
        wanted = _("the API to refuse it with “{words}”", words=because)
    if not status:
        raise CheckFailed(
            about, wanted, _("that it takes it"),
            _state(_place(manifest)), look,
        )  # fmt: skip
    if because not in words:
        raise CheckFailed(about, wanted, f"“{words}”", _why_refused(words), look)
    return words


def _ask(manifest: Mapping[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """(exit status, the API's words, the object as it would be made)."""
    args = ["create", "--dry-run=server", "--filename", "-", "--output", "json"]
    done = kubectl.run(args, stdin=json.dumps(manifest))
    if done.status == 0:
        return 0, "", dict(json.loads(done.stdout))
    if "Error from server" not in done.stderr:
        done.check()  # the cluster was not reached: nobody's answer is wrong
    words = " ".join(done.stderr.split()).partition("): ")[2]
    return done.status, words.removeprefix('error when creating "STDIN": '), {}


def _about(manifest: Mapping[str, Any]) -> str:
    sizes = []
    for container in manifest.get("spec", {}).get("containers", []):
        for what, amounts in container.get("resources", {}).items():
            sizes += [f"{what}.{name} {amount}" for name, amount in amounts.items()]
    about = Object(manifest["kind"], manifest["metadata"]["name"], _place(manifest))
    if sizes:
        return _("{object} with {sizes} (only tried)", object=about, sizes=", ".join(sizes))
    return _("{object} (only tried)", object=about)


def _place(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"]["namespace"])


def _hard(item: Mapping[str, Any]) -> dict[str, Any]:
    return {_ALIASES.get(key, key): value for key, value in item["spec"].get("hard", {}).items()}


def _listed(amounts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in amounts.items())


def _elsewhere(namespace: str) -> str:
    every = api.get_all("resourcequota", everywhere=True)
    others = sorted(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in every)
    if others:
        return _(
            "there is {others}: was `--namespace {namespace}` forgotten?",
            others=", ".join(others[:3]),
            namespace=namespace,
        )
    return _("it has not been created, or has been deleted")


def _why_other(wrong: Mismatch, hard: Mapping[str, Any]) -> str:
    """The usual mistakes: another resource of a like name, and a processor's thousandths."""
    wanted = wrong.path.removeprefix("spec.hard.")
    if wrong.found == "nothing":
        last = wanted.rpartition(".")[2]
        alike = [key for key in hard if key.rpartition(".")[2] == last]
        if alike:
            return _(
                "the quota names {name}: what Pods request and what they are limited to are counted apart",
                name=alike[0],
            )
        return _("the quota names only {names}", names=", ".join(sorted(hard)))
    if quantity.same(f"{wrong.found}m", wrong.expected):
        return _(
            "without an m it is whole processors: {wanted} is {number} thousandths of one",
            wanted=wrong.expected,
            number=wrong.found,
        )
    return ""


def _why_refused(words: str) -> str:
    if "must specify" in words:
        what = words.partition("must specify ")[2].partition(" for")[0]
        return _(
            "a quota counts {what}, so every container must say it; "
            "a LimitRange of the namespace gives a default to those that do not",
            what=what,
        )
    if "exceeded quota" in words:
        return _(
            "what is asked for and what is in use already are together more than the quota's hard limit"
        )
    if "maximum" in words and "usage per" in words:
        return _("a LimitRange of the namespace allows one container less than that")
    if "minimum" in words and "usage per" in words:
        return _("a LimitRange of the namespace wants one container to have more than that")
    if "not found" in words:
        return _("there is no such namespace")
    return ""


def _state(namespace: str) -> str:
    """The namespace's quotas with what they count, as the cause of an object's being let in."""
    quotas = api.get_all("resourcequota", namespace)
    if not quotas:
        return _("namespace {namespace} has no ResourceQuota", namespace=namespace)
    told = []
    for one in quotas:
        used = one.get("status", {}).get("used", {})
        parts = [f"{key} {used.get(key, '0')}/{hard}" for key, hard in one["spec"]["hard"].items()]
        name, counts = one["metadata"]["name"], ", ".join(parts)
        told.append(_("ResourceQuota {name} counts {counts}", name=name, counts=counts))
    return "; ".join(told)
