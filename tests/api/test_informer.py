"""An informer has what the API has: the first list, each change, and a list again where the API forgot."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from course.api import Informers, Source, State
from course.api.client import Client, Followed
from tests.api.listener import SOON, Listener
from tests.cluster.kube import Kube, service
from tests.faults.traces import until

pytestmark = pytest.mark.cluster
Listen = Callable[[Source], Listener]


@pytest.fixture
def listen(kube: Kube) -> Iterator[Listen]:
    """Starts informers that end with the test."""
    made: list[Listener] = []

    def listen(source: Source) -> Listener:
        made.append(Listener(source))
        return made[-1]

    yield listen
    for one in made:
        one.stop()


def connections(kube: Kube) -> int:
    """How many connections this process has to the API server."""
    server = kube.run("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}").stdout
    host, _, port = server.removeprefix("https://").partition(":")
    held = psutil.Process().net_connections("tcp")
    return sum(
        one.raddr == (host, int(port)) and one.status == psutil.CONN_ESTABLISHED for one in held
    )


def test_it_has_the_objects_as_they_come_change_and_go(kube: Kube, listen: Listen) -> None:
    kube.run("create", "service", "clusterip", "first", "--tcp=80")
    it = listen(Source("services", kube.namespace))
    it.gets({"first"})
    assert it.informer.state is State.LIVE
    kube.run("create", "service", "clusterip", "second", "--tcp=80")
    it.gets({"first", "second"})
    kube.run("label", "service", "first", "seen=yes")
    until(lambda: any("seen" in one["metadata"]["labels"] for one in it.informer.items()),
          SOON, it.tells)  # fmt: skip
    kube.run("delete", "service", "first")
    it.gets({"second"})


def test_selectors_choose(kube: Kube, listen: Listen) -> None:
    for name in ("one", "two", "three"):
        kube.run("create", "service", "clusterip", name, "--tcp=80")
    by_name = listen(Source("services", kube.namespace, fields="metadata.name=two"))
    by_label = listen(Source("services", kube.namespace, labels="app in (one,three)"))
    by_name.gets({"two"})
    by_label.gets({"one", "three"})


def test_what_no_view_shows_is_not_kept(kube: Kube, listen: Listen) -> None:
    kube.apply(service("first", {"app": "first"}))
    it = listen(Source("services", kube.namespace))
    it.gets({"first"})
    (found,) = it.informer.items()
    assert "managedFields" not in found["metadata"]
    assert (
        "kubectl.kubernetes.io/last-applied-configuration" not in found["metadata"]["annotations"]
    )


def test_an_end_closes_its_connection_although_nothing_is_heard(kube: Kube) -> None:
    before = connections(kube)
    it = Listener(Source("services", kube.namespace))
    it.gets(set())
    until(lambda: connections(kube) > before, SOON, it.tells)
    it.stop()
    until(lambda: connections(kube) == before, SOON, lambda: f"{connections(kube)} are open")
    assert it.informer.state is State.STOPPED


class Forgotten:
    """What the API answers who asks for changes since a version that it has compacted away, five minutes later."""

    connection = None

    def stream(self, _size: None) -> Iterator[bytes]:
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
        yield json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"

    def close(self) -> None:
        """There is no socket."""


def test_where_the_api_has_forgotten_the_version_it_lists_again(
    kube: Kube, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, followed = Client.follow, []

    def first_forgotten(self: Client, path: str, **query: str) -> Followed:
        followed.append(query["resourceVersion"])
        return Followed(Forgotten()) if len(followed) == 1 else follow(self, path, **query)

    monkeypatch.setattr(Client, "follow", first_forgotten)
    it = listen(Source("services", kube.namespace))
    until(lambda: len(followed) == 2, SOON, it.tells)
    assert it.informer.state is State.LIVE
    kube.run("create", "service", "clusterip", "later", "--tcp=80")
    it.gets({"later"})


def test_without_a_cluster_it_says_why_and_goes_on_trying(
    kube: Kube, listen: Listen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = os.environ["KUBECONFIG"]
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    it = listen(Source("services", kube.namespace))
    until(lambda: it.informer.state is State.RECONNECTING, SOON, it.tells)
    assert "kubeconfig" in it.informer.problem
    assert not it.informer.listed
    monkeypatch.setenv("KUBECONFIG", real)
    until(lambda: it.informer.state is State.LIVE, SOON, it.tells)
    assert not it.informer.problem


def test_what_the_api_refuses_is_said_in_its_words(
    kube: Kube, listen: Listen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = f"system:serviceaccount:{kube.namespace}:default"
    token = kube.run("create", "token", "default").stdout.strip()
    config = tmp_path / "kubeconfig"
    config.write_text(Path(os.environ["KUBECONFIG"]).read_text())
    set_user = ["config", "set-credentials", "weak", f"--token={token}"]
    kube.run(*set_user, "--kubeconfig", str(config))
    kube.run("config", "set-context", "--current", "--user=weak", "--kubeconfig", str(config))
    monkeypatch.setenv("KUBECONFIG", str(config))
    it = listen(Source("services", kube.namespace))
    until(lambda: it.informer.state is State.RECONNECTING, SOON, it.tells)
    assert account in it.informer.problem
    assert "forbidden" in it.informer.problem


def test_views_of_one_source_share_its_watch(kube: Kube) -> None:
    informers, source = Informers(), Source("services", kube.namespace)
    heard: list[str] = []
    first, second = (lambda: heard.append("first")), (lambda: heard.append("second"))
    one = informers.listen(source, first)
    assert informers.listen(source, second) is one
    assert informers.watched() == [source]
    assert one.wait(SOON)
    until(lambda: {"first", "second"} <= set(heard), SOON, lambda: f"{heard}")
    informers.leave(source, first)
    assert informers.watched() == [source]
    informers.leave(source, second)
    assert informers.watched() == []
    one._thread.join(10)
    assert one.state is State.STOPPED
