"""The student's kubeconfig on kind: a user without rights of its own, whose certificate kubeadm signs."""

from __future__ import annotations

from pathlib import Path

import yaml

from course.cluster.kind.engine import Engine

USER, GROUP = "student", "kubelab:students"
"""The same as on the embedded cluster; see grader/manifests/student.yaml."""
_VALID_FOR = "24h"


def write(engine: Engine, node: str, admin: Path, target: Path) -> None:
    """Writes the kubeconfig `target`: as the administrator's, with another user.

    Raises:
        ClusterError: kubeadm failed on the node; its words are in the message.
    """
    said = engine.run(
        "exec", node, "kubeadm", "kubeconfig", "user", "--config=/kind/kubeadm.conf",
        f"--client-name={USER}", f"--org={GROUP}", f"--validity-period={_VALID_FOR}",
    )  # fmt: skip
    made, config = yaml.safe_load(said), yaml.safe_load(admin.read_text())
    config["users"] = [{"name": USER, "user": made["users"][0]["user"]}]
    for context in config["contexts"]:
        context["context"]["user"] = USER
    half = target.with_name(f".{target.name}")
    half.touch(mode=0o600)
    half.write_text(yaml.safe_dump(config))
    half.replace(target)
