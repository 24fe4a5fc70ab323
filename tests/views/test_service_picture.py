"""A Service's picture on a real cluster, and its request meter's counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from course.views.live.meter import UNKNOWN, _endpoint, _who

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

MORE = """
from course.views import ServicePicture
def server(name, labels):
    script = "mkdir /pages; touch /pages/ready; echo hello > /pages/index.html; exec httpd -f -p 8080 -h /pages"
    box = {"name": "box", "image": "busybox:1.35", "command": ["/bin/sh", "-c", script]}
    box["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    spec = {"terminationGracePeriodSeconds": 1, "containers": [box]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
def service(name, selector, **spec):
    spec = {"ports": [{"port": 80, "targetPort": 8080}], **spec} | ({"selector": selector} if selector else {})
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
def words(name):
    return still(ServicePicture(name, ns))["text/plain"]
def shows(name, *texts):
    until(lambda: all(text in words(name) for text in texts), lambda: words(name))
"""

PODS = """
both = {"app": "web", "tier": "front"}
apply(server("web-0", both), server("web-1", both), server("web-2", {"app": "web", "tier": "back"}),
      server("client", {"run": "client"}), service("web", both))
for name in ("web-0", "web-1"):
    Object("pod", name, ns).is_ready(within=120, steady=0)
shows("web", "→ 10.244", "web-0", "web-1")
"""


@pytest.fixture(scope="module")
def picture(run: Callable[[str], str]) -> Any:
    """Runs a script; there are a Service `web`, two Pods that it selects, and two that it does not."""

    def script(text: str) -> str:
        return run(MORE + text)

    script(PODS)
    return script


def test_the_still_picture_shows_endpoints_pods_and_who_does_not_match(picture: Any) -> None:
    picture("""
said = still(ServicePicture("web", ns))
page = said["text/html"]
has(page, "kl-label-chosen", "app=web", "web-0", "web-1", ":8080", "targetPort 8080")
assert "data-say" not in page, "what stands still has no buttons"
has(said["text/plain"], "2 Pods of this namespace do not match", "web-2 (has tier=back, and not tier=front)", "client")
assert said["text/plain"].count("→ 10.244") == 2
""")


def test_a_service_that_is_not_there_says_so_and_comes_alive(picture: Any) -> None:
    picture("""
frames = []
painter = Painter(ServicePicture("later", ns), frames.append)
painter.start()
until(lambda: any("There is no Service later" in one.html for one in frames), lambda: str(frames))
apply(service("later", {"app": "web", "tier": "front"}))
until(lambda: frames[-1].html.count("kl-route-open") == 2, lambda: frames[-1].html)
painter.stop()
""")


def test_services_of_other_kinds_say_what_they_are(picture: Any) -> None:
    picture("""
apply(service("quiet", {"app": "web"}, clusterIP="None"), service("by-hand", None), service("node", {"app": "web"},
      type="NodePort"), service("alias", None, type="ExternalName", externalName="example.com"),
      service("nobody", {"app": "none"}))
shows("quiet", "Headless", "→ 10.244")
shows("by-hand", "has no selector")
shows("node", "NodePort", "on every node")
shows("alias", "example.com", "only a name")
shows("nobody", "Nobody gets this Service's requests")
has(ServicePicture("quiet", ns).send(), "no address")
""")


def test_ten_requests_are_counted_by_the_pod_that_answered_and_the_bars_grow(picture: Any) -> None:
    picture("""
view, frames = ServicePicture("web", ns), []
painter = Painter(view, frames.append)
painter.start()
until(lambda: frames and frames[-1].html, lambda: str(frames))
has(frames[-1].html, 'data-say="send"')
has(view.told("send"), "10 were answered", "0 failed")
tally = view.meter.tally
assert tally.sent == 10 and not tally.problems, tally
# The page says hello and no name: the connection told.
assert set(tally.answered) <= {"web-0", "web-1"} and tally.answered.total() == 10, tally
while len(tally.answered) < 2 and tally.sent < 60:
    view.told("send")
assert set(tally.answered) == {"web-0", "web-1"} and tally.answered.total() == tally.sent, tally
until(lambda: f"Requests sent: {tally.sent}" in frames[-1].html, lambda: frames[-1].html)
grown = {one.html.count("kl-answers-bar") and one.html.split("Requests sent: ")[1].split("<")[0] for one in frames
         if "Requests sent" in one.html}
assert len(grown) > 2, grown
view.told("clear")
assert view.meter.tally.sent == 0
painter.stop()
""")


def test_a_pod_that_is_not_ready_is_apart_with_the_reason_and_gets_none(picture: Any) -> None:
    picture("""
kubectl.run(["exec", "web-1", "-n", ns, "--", "rm", "/pages/ready"], deadline=30).check()
shows("web", "readinessProbe of container box")
time.sleep(1)  # the network hears of it a moment after we do
view = ServicePicture("web", ns)
view.send(20)
assert dict(view.meter.tally.answered) == {"web-0": 20}, view.meter.tally
assert words("web").count("✘ 10.244") == 1
kubectl.run(["exec", "web-1", "-n", ns, "--", "touch", "/pages/ready"], deadline=30).check()
until(lambda: words("web").count("→ 10.244") == 2, lambda: words("web"))
""")


def test_requests_that_come_to_nothing_are_counted_and_named(picture: Any) -> None:
    picture("""
apply(service("wrong", {"app": "web", "tier": "front"}, ports=[{"port": 80, "targetPort": 9}]))
shows("wrong", "→ 10.244")
view = ServicePicture("wrong", ns)
has(view.send(5), "0 were answered, 5 failed")
assert view.meter.tally.failed == 5
assert "refused" in next(iter(view.meter.tally.problems))[1], view.meter.tally
""")


@pytest.mark.parametrize(
    ("peer", "shown"),
    [
        ("127.9.0.5", "10.244.0.5"),
        ("127.9.254.2", "172.18.0.2"),
        ("10.96.1.1", ""),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_the_sockets_other_end_is_the_endpoint(peer: str, shown: str) -> None:
    assert _endpoint(peer, "10.96.1.1") == shown


@pytest.mark.parametrize(
    ("page", "who"),
    [("web-1\n", "web-1"), ("web-10", UNKNOWN), ("web-1 and web-2", UNKNOWN), ("hello", UNKNOWN)],
)
def test_without_a_connection_that_tells_the_page_does_where_it_names_one_pod(
    page: str, who: str
) -> None:
    assert _who("", page, {"10.244.0.1": "web-1", "10.244.0.2": "web-2"}) == who
