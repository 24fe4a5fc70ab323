"""`lab bench views`: how fast the cluster map is with many Pods, and what it costs its kernel."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import click

from course import launching
from course.bench import paper
from course.bench.kernel import Kernel, running
from course.cluster.base import Cluster

_UPDATES = 20
_SHOW = "from course.views import ClusterMap; ClusterMap()"


def bench(pods: int, *, as_json: bool) -> int:
    """Measures one kernel on a cluster of its own; prints the figures."""
    with launching.running_or_temporary("", "measuring") as cluster:
        rows = _measure(cluster, pods)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(f"{row['what']:<58} {row['value']:8.2f} {row['unit']}")
    return 0


def _measure(cluster: Cluster, count: int) -> list[dict[str, Any]]:
    from kubernetes import client, config

    with config.new_client_from_config(config_file=str(cluster.kubeconfig)) as connection:
        api = client.CoreV1Api(connection)
        click.echo(f"making {count} Pods on paper ...", err=True)
        pods = paper.make(api, count)
        with running({"KUBECONFIG": str(cluster.kubeconfig)}) as kernel:
            return _figures(kernel, api, pods)


def _figures(kernel: Kernel, api: Any, pods: list[tuple[str, str]]) -> list[dict[str, Any]]:
    kernel.run("pass")
    before = kernel.memory()
    kernel.run("import ipywidgets, anywidget, kubernetes.client, jinja2")
    imported = kernel.memory()
    first = kernel.run(_SHOW).output_after
    updates, size = [], 0
    for number in range(_UPDATES):
        namespace, name = pods[(10 * number + 1) % len(pods)]  # one that is well
        began = time.perf_counter()
        paper.set_ready(api, namespace, name, ready=False)
        size = len(kernel.until_state("picture", f"{name}: CrashLoopBackOff").encode())
        updates.append(time.perf_counter() - began)
    return [
        {"what": f"cluster map of {len(pods)} Pods, until its first picture", "value": first, "unit": "s"},
        {"what": "a Pod's change, until the kernel has sent its picture", "unit": "ms",
         "value": 1000 * statistics.median(updates)},
        {"what": "the slowest of these", "value": 1000 * max(updates), "unit": "ms"},
        {"what": "size of a picture", "value": size / 1000, "unit": "kB"},
        {"what": "memory of a kernel that did nothing", "value": before, "unit": "MB"},
        {"what": "the same with the packages of the views", "value": imported, "unit": "MB"},
        {"what": "the same with the map", "value": kernel.memory(), "unit": "MB"},
    ]  # fmt: skip
