"""`lab bench cluster`: how fast a cluster starts, runs a pod and ends, and what it costs."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from course import cluster as clusters
from course import launching, processes
from course.cluster.base import Cluster
from course.cluster.embedded import Embedded
from course.errors import ClusterError, ClusterTimeoutError

IMAGE = "busybox:1.35"
_POD_WITHIN = 60


@dataclass(frozen=True)
class Aim:
    """One figure: its name, its unit and the value that it should not pass."""

    key: str
    what: str
    unit: str
    at_most: float | None


AIMS = (
    Aim("up", "lab up, until a pod can run", "s", 3.5),
    Aim("pod", "pod created → Running, image present", "s", 0.8),
    Aim("down", "lab down", "s", 1.0),
    Aim("memory", "resident memory when ready, shared pages once", "MB", 450),
    Aim("memory-pods", "the same with two pods", "MB", None),
    Aim("cpu", "CPU time of the cluster until ready", "s", None),
)


@dataclass
class Figures:
    """What was measured of clusters of one kind, one value a run, by the key of its aim."""

    kind: str = "embedded"
    values: dict[str, list[float]] = field(default_factory=lambda: {aim.key: [] for aim in AIMS})

    def add(self, key: str, value: float) -> None:
        """Records one value."""
        self.values[key].append(value)

    def summary(self) -> list[dict[str, Any]]:
        """One entry a figure: the median, the least, the most, and whether the median reaches its aim.

        The aims are the embedded cluster's.
        """
        rows = []
        for aim in (one for one in AIMS if self.values[one.key]):
            values = self.values[aim.key]
            median = statistics.median(values)
            at_most = aim.at_most if self.kind == "embedded" else None
            rows.append(
                {
                    "cluster": self.kind,
                    "figure": aim.key,
                    "what": aim.what,
                    "unit": aim.unit,
                    "median": round(median, 3),
                    "min": round(min(values), 3),
                    "max": round(max(values), 3),
                    "runs": len(values),
                    "aim": at_most,
                    "reached": None if at_most is None else median <= at_most,
                }
            )
        return rows


def bench(runs: int, kinds: Sequence[str], *, as_json: bool, image: str = IMAGE) -> int:
    """Measures `runs` clusters of each kind, in turns; returns 1 when a median misses its aim."""
    figures = [Figures(kind) for kind in dict.fromkeys(kinds)]
    with contextlib.redirect_stdout(sys.stderr):
        for one in figures:
            launching.prepare(one.kind)
        for number in range(1, runs + 1):
            for one in figures:
                click.echo(f"run {number}/{runs}, {one.kind} ...", err=True)
                _one_run(one, image)
    rows = [row for one in figures for row in one.summary()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for one in figures:
            _show(one.kind, one.summary())
    return 0 if all(row["reached"] is not False for row in rows) else 1


def _one_run(figures: Figures, image: str) -> None:
    name = f"bench-{uuid.uuid4().hex[:8]}"
    cluster = clusters.get(name, figures.kind)
    try:
        figures.add("up", _timed(lambda: _lab("up", "--cluster", figures.kind, "--name", name)))
        with _api(cluster) as api:
            _must_be_ready(api)
            if isinstance(cluster, Embedded):
                figures.add("cpu", cpu_seconds(_keeper(cluster)))
                figures.add("memory", resident(_keeper(cluster)) / 1e6)
            _pod_running(api, "warm", image)  # pulls the image
            figures.add("pod", _pod_running(api, "timed", image))
            if isinstance(cluster, Embedded):
                figures.add("memory-pods", resident(_keeper(cluster)) / 1e6)
        figures.add("down", _timed(lambda: _lab("down", "--name", name)))
    finally:
        cluster.delete()
        cluster.forget()


def _keeper(cluster: Embedded) -> int:
    """The process whose descendants are the cluster."""
    if keeper := cluster.keeper:
        return keeper.pid
    raise ClusterError(f"the cluster {cluster.name!r} ended by itself.", f"See {cluster.logs}.")


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _lab(*arguments: str) -> None:
    """A whole `lab` command, as a person waits for it."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "course", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=360,
        check=False,
    )
    if done.returncode:
        raise ClusterError(f"`lab {' '.join(arguments)}` failed:\n{done.stderr.strip()}")


@contextlib.contextmanager
def _api(cluster: Cluster) -> Iterator[Any]:
    from kubernetes import client, config

    with config.new_client_from_config(config_file=str(cluster.kubeconfig)) as api:
        yield client.CoreV1Api(api)


def _must_be_ready(api: Any) -> None:
    """`lab up` said that a pod can run: holds it to that."""
    taints = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    for node in api.list_node().items:
        ready = any(c.type == "Ready" and c.status == "True" for c in node.status.conditions)
        if not ready or any(t.key in taints for t in node.spec.taints or ()):
            raise ClusterError(
                f"`lab up` returned while the node {node.metadata.name} was not ready."
            )
    api.read_namespaced_service_account("default", "default")


def _pod_running(api: Any, name: str, image: str) -> float:
    """Creates a pod; returns the seconds until the watch says that it is Running."""
    from kubernetes import watch

    container = {"name": "main", "image": image, "command": ["sleep", "3600"]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    body = {"metadata": {"name": name}, "spec": spec}
    version = api.list_namespaced_pod("default").metadata.resource_version
    began = time.perf_counter()
    api.create_namespaced_pod("default", body)
    seen = "nothing"
    events = watch.Watch().stream(
        api.list_namespaced_pod,
        "default",
        field_selector=f"metadata.name={name}",
        resource_version=version,
        timeout_seconds=_POD_WITHIN,
    )
    for event in events:
        pod = event["object"]
        seen = pod.status.phase
        if seen == "Running":
            return time.perf_counter() - began
    raise ClusterTimeoutError(
        f"the pod {name!r} ({image}) was not Running after {_POD_WITHIN} s; last seen: {seen}."
    )


def resident(root: int) -> int:
    """Bytes of memory that `root` and its descendants hold, a page shared by n of them counted 1/n each.

    That is the sum of Pss in /proc/PID/smaps_rollup (proc_pid_smaps(5)).
    """
    total = 0
    for process in processes.tree(root):
        with contextlib.suppress(OSError):  # it ended meanwhile
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(root: int) -> float:
    """CPU time of `root`, of its living descendants and of their children that were waited for."""
    ticks = 0
    for process in processes.tree(root):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{process.pid}/stat").read_text()
            ticks += sum(map(int, text[text.rindex(")") + 2 :].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _show(kind: str, rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    runs = rows[0]["runs"]
    table = Table(
        "figure", "median", "min", "max", "aim", "", title=f"{runs} {kind} clusters, one node each"
    )
    for column in table.columns[1:5]:
        column.justify = "right"
    for row in rows:
        unit = row["unit"]
        numbers = [
            f"{row[key]:.2f} {unit}" if unit == "s" else f"{row[key]:.0f} {unit}"
            for key in ("median", "min", "max")
        ]
        aim = "" if row["aim"] is None else f"≤ {row['aim']:g} {unit}"
        mark = {None: "", True: "[green]reached[/]", False: "[red]missed[/]"}[row["reached"]]
        table.add_row(row["what"], *numbers, aim, mark)
    Console().print(table)
