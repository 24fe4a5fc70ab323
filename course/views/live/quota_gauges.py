"""The gauges of a namespace's quotas: of each resource, how much is used of what may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from course.api import Source
from course.checks.quantity import parse
from course.language import _, later
from course.templates import rendered
from course.views.live.view import Item, Seen, View

_TEMPLATE = Path(__file__).with_name("quota_gauges.html.j2")
_NEARLY = 80.0  # per cent
_MEANINGS = {
    "pods": later("Pods"),
    "services": later("Services"),
    "configmaps": later("ConfigMaps"),
    "secrets": later("Secrets"),
    "persistentvolumeclaims": later("claims of volumes"),
    "requests.cpu": later("processors that Pods ask for"),
    "cpu": later("processors that Pods ask for"),
    "requests.memory": later("memory that Pods ask for"),
    "memory": later("memory that Pods ask for"),
    "limits.cpu": later("processors that Pods may use at most"),
    "limits.memory": later("memory that Pods may use at most"),
}
_LIMITS = ("defaultRequest", "default", "min", "max")


@dataclass(frozen=True)
class Gauge:
    """One resource of a quota; the amounts as Kubernetes writes them, and as numbers."""

    resource: str
    used: str
    hard: str
    share: float
    """Per cent of `hard`; 100 where nothing is allowed."""

    @property
    def meaning(self) -> str:
        """What the resource is, for a beginner; empty where its name says so."""
        return _MEANINGS.get(self.resource, "")

    @property
    def number_used(self) -> float:
        """For a program that reads the page aloud."""
        return float(parse(self.used))

    @property
    def number_hard(self) -> float:
        """As `number_used`."""
        return float(parse(self.hard))

    @property
    def level(self) -> str:
        """One of `fine`, `nearly`, `full`, `over`: a word of the style."""
        if self.share > 100:
            return "over"
        return "full" if self.share == 100 else "nearly" if self.share >= _NEARLY else "fine"

    @property
    def says(self) -> str:
        """The level, with its sign; empty where there is room."""
        match self.level:
            case "over":
                return _("✘ more than allowed: the quota was made smaller")
            case "full":
                return _("✘ full: what asks for more is refused")
            case "nearly":
                return _("! nearly full")
        return ""


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota with its gauges; `counted`: whether the cluster has counted what is used."""

    name: str
    uid: str
    scopes: str
    gauges: tuple[Gauge, ...]


class QuotaGauges(View):
    """The ResourceQuotas of a namespace, a gauge for each resource, and the LimitRanges' defaults.

    Args:
        namespace: the one whose quotas they are.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def sources(self) -> dict[str, Source]:
        """Its quotas and its limit ranges."""
        return {
            "quotas": Source("resourcequotas", self.namespace),
            "limits": Source("limitranges", self.namespace),
        }

    def draw(self, seen: Seen, now: datetime, *, live: bool) -> str:
        """A bar for each resource."""
        return rendered(
            _TEMPLATE, namespace=self.namespace, quotas=_quotas(seen), limits=list(_limits(seen))
        )

    def words(self, seen: Seen, now: datetime) -> str:
        """A line for each resource."""
        lines = []
        for quota in _quotas(seen):
            lines.append(f"ResourceQuota {quota.name}{quota.scopes and f' ({quota.scopes})'}")
            for one in quota.gauges:
                amount = _("{used} of {hard} used", used=one.used, hard=one.hard)
                lines.append(f"  {one.resource}: {amount} ({one.share:.0f} %) {one.says}".rstrip())
        if not lines:
            lines = [_("There is no ResourceQuota in namespace {namespace}: it may use all that the cluster has.",
                       namespace=self.namespace)]  # fmt: skip
        return "\n".join([*lines, *_limits(seen)])


def _quotas(seen: Seen) -> list[Quota]:
    quotas = sorted(seen["quotas"], key=lambda one: str(one["metadata"]["name"]))
    return [
        Quota(one["metadata"]["name"], one["metadata"]["uid"], _scopes(one), tuple(_gauges(one)))
        for one in quotas
    ]


def _scopes(quota: Item) -> str:
    """Which Pods it counts, where it does not count all."""
    spec = quota["spec"]
    selected = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    words = [
        " ".join([one["scopeName"], one["operator"], *(one.get("values") or [])])
        for one in selected
    ]
    return ", ".join([*(spec.get("scopes") or []), *words])


def _gauges(quota: Item) -> Iterator[Gauge]:
    used = quota.get("status", {}).get("used") or {}
    for resource, hard in sorted((quota["spec"].get("hard") or {}).items()):
        has = used.get(resource, "0")
        amount, most = parse(has), parse(hard)
        share = float(100 * amount / most) if most else 100.0 if not amount else 101.0
        yield Gauge(resource, str(has), str(hard), share)


def _limits(seen: Seen) -> Iterator[str]:
    for one in sorted(seen["limits"], key=lambda one: str(one["metadata"]["name"])):
        for limit in one["spec"].get("limits") or []:
            parts = [f"{word} {_amounts(limit[word])}" for word in _LIMITS if limit.get(word)]
            yield f"LimitRange {one['metadata']['name']}, {limit['type']}: " + "; ".join(parts)


def _amounts(limit: dict[str, Any]) -> str:
    return ", ".join(f"{resource} {amount}" for resource, amount in sorted(limit.items()))
