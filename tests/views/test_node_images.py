"""The images on a real node, who uses them, and what the mirror was asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from course.views.live.image_names import familiar, full, size

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

MORE = """
from course.views import NodeImages
def pod(name, image):
    box = {"name": "box", "image": image, "command": ["sleep", "1000"]}
    spec = {"terminationGracePeriodSeconds": 1, "containers": [box]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
"""


def test_images_pods_and_the_mirrors_counts_are_shown(run: Callable[[str], str]) -> None:
    run(
        MORE
        + """
view, frames = NodeImages(), []
painter = Painter(view, frames.append)
painter.start()
apply(pod("one", "busybox:1.35"), pod("none", "nginx:0.1"))
Object("pod", "one", ns).is_ready(within=120, steady=0)
shown = ("nginx:0.1", "busybox:1.35", f"{ns}/one")  # the first is a miss, and drawn because a Pod changed
until(lambda: all(word in frames[-1].html for word in shown), lambda: frames[-1].html)
painter.stop()
apply(pod("two", "busybox:1.35"))
Object("pod", "two", ns).is_ready(within=120, steady=0)
def told():
    return still(NodeImages())["text/plain"]
until(lambda: "was here already" in told(), told)
images, _, mirror = told().partition("The mirror: ")
# Another test's Pod may have pulled the same image as busybox:latest: then it has both names.
(busybox,) = [line for line in images.splitlines() if "busybox:1.35" in line.partition(";")[0]]
has(busybox, f"{ns}/one", f"{ns}/two")
has(mirror, "hits", "nginx:0.1: 0 hits", "busybox:1.35: 1 hits, 0 misses")
"""
    )


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.22", "docker.io/library/nginx:1.22"),
        ("rancher/k3s:v1", "docker.io/rancher/k3s:v1"),
        ("localhost/x", "localhost/x:latest"),
        ("registry.school:5000/x:1", "registry.school:5000/x:1"),
        ("x@sha256:00", "docker.io/library/x@sha256:00"),
    ],
)
def test_names_are_whole_as_the_runtime_writes_them(name: str, whole: str) -> None:
    assert full(name) == whole


def test_names_and_sizes_are_shown_as_people_write_them() -> None:
    assert familiar("docker.io/library/nginx:1.22") == "nginx:1.22"
    assert familiar("docker.io/rancher/k3s:v1") == "rancher/k3s:v1"
    sizes = {0: "0 B", 999: "999 B", 1000: "1.00 kB", 999_900: "1.00 MB", 62_100_000: "62.1 MB"}
    assert {count: size(count) for count in sizes} == sizes
