"""A kind cluster's nodes: as the API has them, and as the containers that they are."""

from __future__ import annotations

import subprocess
from pathlib import Path

from course.cluster import tools
from course.cluster.base import Node
from course.cluster.kind import engine
from course.cluster.kind.engine import Engine

_TEMPLATE = (
    "{range .items[*]}{.metadata.name} "
    '{.status.addresses[?(@.type=="InternalIP")].address} '
    '{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
)


def of_api(kubeconfig: Path) -> tuple[Node, ...]:
    """The nodes that the API tells of; none where it does not answer within 5 s."""
    argv = [str(tools.kubectl()), "--kubeconfig", str(kubeconfig), "--request-timeout=5s"]
    done = subprocess.run(
        [*argv, "get", "nodes", "-o", f"jsonpath={_TEMPLATE}"],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return tuple(Node(row[0], row[1], row[-1] == "True") for row in rows if len(row) > 1)


def states(used: Engine, cluster: str) -> dict[str, bool]:
    """Each node's container, and whether it runs."""
    if not (names := engine.containers(used, cluster)):
        return {}
    said = used.run("inspect", "--format", "{{.State.Running}}", *names)
    return dict(zip(names, (word == "true" for word in said.split()), strict=True))
