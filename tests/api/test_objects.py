"""Objects read from the API are what kubectl shows, and a watch tells what becomes of them until its deadline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from course import api, paths
from course.api import client
from course.api.client import UnreachableError
from tests.cluster.kube import Kube
from tests.support import free_port

pytestmark = pytest.mark.cluster


def shown(kube: Kube, *words: str) -> dict:
    return json.loads(kube.run("get", *words, "--output", "json").stdout)


@pytest.mark.parametrize("word", ["service", "services", "svc", "Service"])
def test_an_object_is_found_by_any_of_its_kinds_names(kube: Kube, word: str) -> None:
    kube.run("create", "service", "clusterip", "web", "--tcp=80")
    assert api.get(word, "web", kube.namespace) == shown(kube, "service", "web")


def test_what_is_not_there_is_none(kube: Kube) -> None:
    assert api.get("pod", "none", kube.namespace) is None
    assert api.get("pod", "none", "no-such-namespace") is None
    assert api.get("namespace", "no-such-namespace") is None
    with pytest.raises(api.ApiError, match="no kind `unicorn`"):
        api.get("unicorn", "one", kube.namespace)


def test_all_of_a_kind_are_as_kubectl_lists_them(kube: Kube) -> None:
    for name in ("first", "second"):
        kube.run("create", "deployment", name, "--image=none", "--replicas=0")
    listed = api.get_all("deploy", kube.namespace)
    assert [one["metadata"]["name"] for one in listed] == ["first", "second"]
    assert {(one["apiVersion"], one["kind"]) for one in listed} == {("apps/v1", "Deployment")}
    [labelled] = api.get_all("deployment", kube.namespace, labels="app=second")
    [named] = api.get_all("deployment", everywhere=True, fields="metadata.name=second")
    assert labelled["metadata"]["uid"] == named["metadata"]["uid"] == listed[1]["metadata"]["uid"]
    assert {one["kind"] for one in api.get_all("node")} == {"Node"}


def test_a_watch_tells_what_is_there_then_what_becomes_of_it(kube: Kube) -> None:
    kube.run("create", "configmap", "one")
    with closing(api.watch("configmap", "one", kube.namespace, 30)) as told:
        assert next(told)[0] == "ADDED"
        kube.run("label", "configmap", "one", "seen=yes")
        event, item = next(told)
        assert (event, item["metadata"]["labels"]) == ("MODIFIED", {"seen": "yes"})
        kube.run("delete", "configmap", "one")
        assert next(told)[0] == "DELETED"


def test_a_watch_ends_at_its_deadline_although_nothing_is_heard(kube: Kube) -> None:
    began = time.monotonic()
    told = list(api.watch("configmap", "none", kube.namespace, 1.5, now=time.monotonic))
    assert told == []
    assert 1.5 <= time.monotonic() - began < 10


def test_a_watch_that_the_server_ends_goes_on(kube: Kube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "QUIET", 1.0)
    kube.run("create", "configmap", "one")
    with closing(api.watch("configmap", "one", kube.namespace, 60)) as told:
        first, again = next(told), next(told)  # the server ends it after a second
    assert first == again


def test_without_an_answer_it_is_said_that_the_cluster_is_not_there(
    kube: Kube, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "kubeconfig"
    real = Path(os.environ["KUBECONFIG"]).read_text()
    server = kube.run("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}").stdout
    config.write_text(real.replace(server, f"https://127.0.0.1:{free_port()}"))
    monkeypatch.setenv("KUBECONFIG", str(config))
    for ask in (lambda: api.get("pod", "one"), lambda: list(api.watch("pod", "one", "", 30))):
        with pytest.raises(UnreachableError, match=r"\./lab up"):
            ask()
    config.write_text(real)  # the cluster was made anew: its kubeconfig is read again
    assert api.get("namespace", kube.namespace)


def test_a_proxy_of_the_environment_is_not_asked_for_what_is_here(
    kube: Kube, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    config = tmp_path / "kubeconfig"
    config.write_text(Path(os.environ["KUBECONFIG"]).read_text())  # a new connection
    monkeypatch.setenv("KUBECONFIG", str(config))
    assert api.get("namespace", kube.namespace)


def test_threads_that_ask_at_once_import_the_package_once(kube: Kube) -> None:
    ask = (
        "import sys, threading; sys.setswitchinterval(1e-5); from course.api.client import Client; "
        "from course.api.tables import current_namespace; "
        "many = [threading.Thread(target=(Client, current_namespace)[n % 2]) for n in range(8)]; "
        "[one.start() for one in many]; [one.join() for one in many]"
    )
    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=paths.ROOT, capture_output=True, text=True, timeout=120
    )
    assert (said.returncode, said.stderr) == (0, "")
