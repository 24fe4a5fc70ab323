"""Roles that a controller gathers from others come back in the order in which it would have made them."""

from __future__ import annotations

import pytest

from tests.cluster.kube import DEADLINE
from tests.faults import traces
from tests.reset.conftest import Pool

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

ROLES = ("view", "edit", "admin")  # each gathers the rules of those before it
ROUNDS = 8


def test_the_controller_has_nothing_to_write_after_a_reset(pool: Pool) -> None:
    """What it wrote late, on a busy machine, was a difference after the reset's last look."""
    whole = rules(pool, "admin")
    for _ in range(ROUNDS):
        pool.kube.run("delete", "clusterrole", "view")
        pool.kube.run("label", "clusterrole", "edit", "mine=1")
        traces.until(
            lambda: rules(pool, "admin") < whole, DEADLINE, "admin's rules are fewer without view's"
        )
        pool.reset()
        # A role that the controller wrote after the reset has a later revision than those put back after it.
        written = [
            int(pool.kube.get("clusterrole", role)["metadata"]["resourceVersion"]) for role in ROLES
        ]
        assert written == sorted(written), (
            f"not in the order in which the reset wrote {ROLES}: {written}"
        )


def rules(pool: Pool, role: str) -> int:
    return len(pool.kube.get("clusterrole", role)["rules"])
