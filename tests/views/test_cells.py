"""A live view in a kernel: when its watch begins and ends, and what a person gets from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest

from course.bench.kernel import Kernel, running
from course.views import ClusterMap
from tests.cluster.kube import Kube, namespace_of_its_own, pod, shell
from tests.faults.traces import until

pytestmark = pytest.mark.cluster

MODEL = "application/vnd.jupyter.widget-view+json"
SOURCES = 2  # the map watches nodes and Pods
SOON = 60.0  # seconds, on a busy machine


@pytest.fixture(scope="module")
def kube(cluster: Any) -> Iterator[Kube]:
    """A namespace with a Pod that has said something."""
    with namespace_of_its_own(cluster) as kube:
        kube.apply(pod("chatty", shell("echo good morning; exec sleep 3600")))
        kube.ready("chatty")
        yield kube


@pytest.fixture
def kernel(cluster: Any) -> Iterator[Kernel]:
    """A kernel with a person before it."""
    with running(cluster.env()) as kernel:
        kernel.run("from course.views import ClusterMap")
        yield kernel


def watched(kernel: Kernel) -> int:
    """How many sources the kernel says that it watches."""
    look = "len(__import__('course.views.live.watched', fromlist=['_']).informers.watched())"
    return int(kernel.value(look))


def connections(kernel: Kernel, cluster: Any) -> int:
    """How many connections to the API server the kernel has."""
    port = cluster.env()["KUBECONFIG"] and _port(cluster)
    held = psutil.Process(kernel.pid).net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr.port == port and one.status == "ESTABLISHED"
               for one in held)  # fmt: skip


def _port(cluster: Any) -> int:
    text = cluster.kubeconfig.read_text()
    return int(text.split("server: ", 1)[1].split()[0].rpartition(":")[2])


def shows(kernel: Kernel, kube: Kube, cell: str) -> str:
    """Run a cell with a map; returns the widget's id."""
    ran = kernel.run(f"ClusterMap('{kube.namespace}')", cell=cell)
    assert not ran.error, ran.error
    return str(ran.outputs[0][MODEL]["model_id"])


def test_after_20_runs_of_a_cell_its_view_is_watched_once(
    kernel: Kernel, kube: Kube, cluster: Any
) -> None:
    models = [shows(kernel, kube, "a") for _ in range(20)]
    assert len(set(models)) == 20
    assert watched(kernel) == SOURCES
    until(lambda: connections(kernel, cluster) == SOURCES, SOON,
          lambda: f"{connections(kernel, cluster)} connections")  # fmt: skip


def test_another_cells_view_goes_on_and_a_deleted_ones_ends(kernel: Kernel, kube: Kube) -> None:
    shows(kernel, kube, "a")
    kernel.run("ClusterMap('default')", cell="b")
    kernel.run("1 + 1", cell="c")
    assert watched(kernel) == SOURCES + 1  # the nodes are watched once for both
    kernel.run("2 + 2", cell="c", deleted=("b",))
    assert watched(kernel) == SOURCES
    kernel.run("'no view any more'", cell="a")
    assert watched(kernel) == 0


def test_a_change_is_drawn_while_a_cell_runs(kernel: Kernel, kube: Kube) -> None:
    shows(kernel, kube, "a")
    kernel.send("import time; time.sleep(3600)", cell="b")  # ended with the kernel
    kube.apply(pod("late", shell("sleep 3600")))
    assert "late" in kernel.until_state("picture", "late: Running")
    kube.run("delete", "pod", "late")


def test_a_press_shows_a_pods_logs_and_description(kernel: Kernel, kube: Kube) -> None:
    kernel.press(shows(kernel, kube, "a"), {"say": f"pod/{kube.namespace}/chatty"})
    details = kernel.until_state("details", "chatty")
    assert "good morning" in details
    assert "Node:" in details


def test_a_press_on_what_is_gone_says_so(kernel: Kernel, kube: Kube) -> None:
    kernel.press(shows(kernel, kube, "a"), {"say": f"pod/{kube.namespace}/nobody"})
    assert "not found" in kernel.until_state("details", "nobody")


def test_a_message_of_no_meaning_does_no_harm(kernel: Kernel, kube: Kube) -> None:
    model = shows(kernel, kube, "a")
    for what in (None, 7, "nonsense", "pod/../--help", {"say": "x"}):
        kernel.press(model, {"say": what})
    kernel.press(model, {"say": f"pod/{kube.namespace}/chatty"})
    assert "good morning" in kernel.until_state("details", "good morning")


def test_stop_ends_the_watch_and_says_how_to_go_on(kernel: Kernel, kube: Kube) -> None:
    kernel.press(shows(kernel, kube, "a"), {"say": "stop"})
    assert "run the cell again" in kernel.until_state("status", "stopped")
    assert watched(kernel) == 0


def test_who_is_no_person_gets_a_picture_that_stands_still(kube: Kube, cluster: Any) -> None:
    with running({**cluster.env(), "NBGRADER_EXECUTION": "autograde"}) as kernel:
        kernel.run("from course.views import ClusterMap")
        ran = kernel.run(f"ClusterMap('{kube.namespace}')")
        (data,) = ran.outputs
        assert set(data) == {"text/html", "text/plain"}
        assert "chatty: Running" in data["text/html"]
        assert "<button" not in data["text/html"]
        assert f"{kube.namespace}: chatty Running" in data["text/plain"]
        assert watched(kernel) == 0


def test_words_of_the_cluster_that_are_html_are_shown_as_text() -> None:
    bad = "<img src=x onerror=alert(1)>"
    meta = {"uid": "1", "name": "web", "namespace": "default"}
    pods = [{"metadata": meta, "spec": {"nodeName": bad}, "status": {"reason": bad}}]
    for live in (True, False):
        drawn = ClusterMap().draw({"nodes": [], "pods": pods}, datetime.now(UTC), live=live)
        assert "<img" not in drawn
        assert "&lt;img" in drawn
