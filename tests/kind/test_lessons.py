"""All lessons run on kind, unchanged, in Chinese. (They run in English elsewhere; only their texts differ.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kind.machine import DEADLINE, Machine

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(DEADLINE)]


def test_every_lesson_runs_to_its_end(machine: Machine, cluster: str, tmp_path: Path) -> None:
    # Pods that are there already use the lessons' images, as on a student's cluster of some days.
    left = "kubectl run left --image=busybox:1.35 -- sleep 3600"
    machine.shell(cluster, f"{left} && kubectl wait --for=condition=Ready pod/left --timeout=60s")
    run = ["run", "--lang", "zh", "--name", cluster, "--output", str(tmp_path)]
    said = machine.lab(*run, timeout=1200)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "failed" not in said.stdout
    machine.shell(cluster, "kubectl delete pod left --now")
