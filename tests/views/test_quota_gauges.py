"""Gauges of quotas: used of hard for each resource, marked where there is little left."""

from __future__ import annotations

import re

import pytest

from course.views import QuotaGauges
from course.views.live.display import still
from tests.cluster.kube import Kube, pod, shell
from tests.views.watcher import Watch

pytestmark = pytest.mark.cluster


def quota(**hard: str) -> dict[str, object]:
    names = {name.replace("_", "."): amount for name, amount in hard.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "budget"},
        "spec": {"hard": names},
    }


def asking(cpu: str, memory: str) -> dict[str, object]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}}


def test_amounts_are_compared_however_they_are_written(here: Kube, watch: Watch) -> None:
    here.apply(quota(pods="2", requests_cpu="1", requests_memory="256Mi"))
    it = watch(QuotaGauges(here.namespace))
    it.sees("0 of 2 used (0 %)")
    here.apply(pod("first", {**shell("exec sleep 3600"), **asking("850m", "64Mi")}))
    picture = it.sees("1 of 2 used (50 %)", "850m of 1 used (85 %)", "64Mi of 256Mi used (25 %)")
    assert picture.count("nearly full") == 1
    meter = re.search(r'role="meter" aria-label="requests.cpu"[^>]*', picture)
    assert meter and 'aria-valuemax="1.0" aria-valuenow="0.85"' in meter[0]
    here.apply(pod("second", {**shell("exec sleep 3600"), **asking("150m", "64Mi")}))
    assert it.sees("2 of 2 used (100 %)", "1 of 1 used (100 %)").count("✘ full") == 2
    here.run("patch", "quota", "budget", "-p", '{"spec":{"hard":{"pods":"1"}}}')
    it.sees("2 of 1 used (200 %)", "more than allowed")


def test_a_namespace_without_a_quota_says_so_and_defaults_are_one_line(here: Kube) -> None:
    shown = still(QuotaGauges(here.namespace))
    assert f"There is no ResourceQuota in namespace {here.namespace}" in shown["text/plain"]
    assert f"There is no ResourceQuota in namespace {here.namespace}" in shown["text/html"]
    limits = [
        {"type": "Container", "default": {"memory": "64Mi"}, "defaultRequest": {"cpu": "100m"}}
    ]
    metadata = {"name": "usual"}
    here.apply(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": limits}}
    )
    said = still(QuotaGauges(here.namespace))["text/plain"].splitlines()
    # The API server fills in what was left out of a LimitRange.
    assert said[-1].startswith("LimitRange usual, Container: defaultRequest cpu 100m")
    assert "default memory 64Mi" in said[-1]
