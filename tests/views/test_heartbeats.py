"""Heartbeats: each node's lease, how long ago it was renewed, and when it is late."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from course.views import Heartbeats
from course.views.live.display import still
from tests.cluster.kube import Kube
from tests.faults.traces import until
from tests.views.watcher import SOON, Watch

pytestmark = pytest.mark.cluster


def test_a_still_picture_has_each_node_and_the_time_of_its_lease(here: Kube) -> None:
    shown = still(Heartbeats())
    for node in here.get("nodes")["items"]:
        assert re.search(
            rf"  {node['metadata']['name']}: \d+ s ago \(lasts 40 s\)", shown["text/plain"]
        )
        assert f'data-key="lease-nodes-{node["metadata"]["name"]}"' in shown["text/html"]
    assert "kl-bad" not in shown["text/html"].partition("</style>")[2]


def test_a_heart_is_made_anew_at_each_beat_and_the_seconds_run_between(
    here: Kube, watch: Watch
) -> None:
    it = watch(Heartbeats())
    it.sees("kl-heart")

    def beats() -> set[str]:
        node = here.get("nodes")["items"][0]["metadata"]["name"]
        lease = (
            rf'data-key="lease-nodes-{node}">\s*<span class="kl-heart[^>]* data-key="(at-[^"]*)"'
        )
        return {found[1] for one in it.pictures if (found := re.search(lease, one))}

    until(lambda: len(set(it.pictures)) > len(beats()) > 1, SOON,
          lambda: f"{len(set(it.pictures))} pictures of {beats()}")  # fmt: skip


def test_a_lease_that_is_not_renewed_in_time_is_late(here: Kube) -> None:
    view = Heartbeats()
    now = datetime.now(UTC)
    spec = {"leaseDurationSeconds": 40, "holderIdentity": "<b>me</b>"}

    def lease(name: str, seconds: float) -> dict[str, object]:
        renewed = (now - timedelta(seconds=seconds)).isoformat()
        return {"metadata": {"name": name, "uid": name}, "spec": {**spec, "renewTime": renewed}}

    seen = {"nodes": [lease("dead", 75), lease("alive", 3)], "control": []}
    assert "dead: late: 1 min 15 s ago" in view.words(seen, now)
    assert "alive: 3 s ago" in view.words(seen, now)
    html = view.draw(seen, now, live=True)
    assert html.count("kl-beat-late") == 1
    assert "✘ late" in html
    assert "<b>me" not in html
