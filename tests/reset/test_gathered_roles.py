"""Roles that a controller gathers from others come back in the order in which it would have made them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.kube import DEADLINE
from tests.faults import traces
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

ROLES = ("view", "edit", "admin")  # each gathers the rules of those before it
ROUNDS = 8


def test_the_controller_has_nothing_to_write_after_a_reset(pool: Pool) -> None:
    """What it wrote late, on a busy machine, was a difference after the reset's last look."""
    before = [but_for_the_revision(pool.kube.get("clusterrole", role)) for role in ROLES]
    whole = rules(pool, "admin")
    for _ in range(ROUNDS):
        pool.kube.run("delete", "clusterrole", "view")
        pool.kube.run("label", "clusterrole", "edit", "mine=1")
        traces.until(
            lambda: rules(pool, "admin") < whole, DEADLINE, "admin's rules are fewer without view's"
        )
        pool.reset()
        after = [pool.kube.get("clusterrole", role) for role in ROLES]
        revisions = [int(role["metadata"]["resourceVersion"]) for role in after]
        assert revisions == sorted(revisions), f"{ROLES} did not come back in this order"
        # What the controller had written would have another time in its managedFields.
        assert [but_for_the_revision(role) for role in after] == before


def rules(pool: Pool, role: str) -> int:
    return len(pool.kube.get("clusterrole", role)["rules"])


def but_for_the_revision(role: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in role["metadata"].items() if key != "resourceVersion"}
    return {**role, "metadata": metadata}
