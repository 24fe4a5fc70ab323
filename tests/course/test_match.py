"""Partial match: what holds, and how a mismatch is said."""

from __future__ import annotations

from typing import Any

import pytest

from course.checks.match import Predicate, at_least, compare, either, pattern

POD: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"tier": "front"}},
    "spec": {
        "replicas": 2,
        "hostNetwork": False,
        "containers": [
            {"name": "web", "image": "nginx:1.22", "ports": [{"containerPort": 80}]},
            {"name": "side", "image": "busybox:1.35"},
        ],
        "volumes": [{"name": "page", "emptyDir": {}}],
    },
}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"metadata": {"labels": {"tier": "front"}}},
        {"spec": {"containers": [{"image": "busybox:1.35"}]}},
        {"spec": {"containers": [{"name": "side", "image": pattern("^busybox")}]}},
        {"spec": {"containers": [{"image": "nginx:1.22", "ports": [{"containerPort": 80}]}]}},
        {"spec": {"volumes": [{"emptyDir": ...}]}},
        {"spec": {"nodeName": None}},
        {"spec": {"replicas": at_least(2)}},
        {"metadata": {"labels": {"tier": either("front", "back")}}},
        {"spec": {"containers": Predicate("two", lambda value: len(value) == 2)}},
    ],
)
def test_a_pattern_matches_what_holds_at_least_that(wanted: dict[str, Any]) -> None:
    assert compare(POD, wanted) == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"metadata": {"labels": {"tier": "back"}}},
            "metadata.labels.tier: expected back, found front",
        ),
        (
            {"metadata": {"labels": {"app": "x"}}},
            "metadata.labels.app: expected x, found nothing",
        ),
        (
            {"spec": {"containers": [{"name": "side", "image": "nginx"}]}},
            "spec.containers[side].image: expected nginx, found busybox:1.35",
        ),
        (
            {"spec": {"containers": [{"name": "sidecar"}]}},
            "spec.containers: expected an item named sidecar, found only web, side",
        ),
        ({"spec": {"replicas": at_least(3)}}, "spec.replicas: expected at least 3, found 2"),
        ({"spec": {"replicas": "2"}}, "spec.replicas: expected 2, found 2"),
        (
            {"spec": {"hostNetwork": None}},
            "spec.hostNetwork: expected nothing, found False",
        ),
        ({"spec": {"nodeName": ...}}, "spec.nodeName: expected any value, found nothing"),
        (
            {"spec": {"initContainers": [{"name": "x"}]}},
            "spec.initContainers: expected an item {'name': 'x'}, found nothing",
        ),
    ],
)
def test_a_mismatch_names_the_place_what_was_expected_and_what_was_found(
    wanted: dict[str, Any], said: str
) -> None:
    assert [str(mismatch) for mismatch in compare(POD, wanted)] == [said]


def test_true_is_not_one() -> None:
    assert compare({"a": True}, {"a": 1})
