"""Tab in a real kernel: what JupyterLab asks for, answered by kubectl, on a real cluster."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from course import kubectl
from course.magics import complete
from tests.course.kernels import Kernel, kernel

pytestmark = pytest.mark.cluster
_TRIES = 5  # a busy machine may take longer than a Tab waits


@pytest.fixture(scope="module")
def namespace(cluster: Any) -> Iterator[str]:
    name = f"tab-{uuid.uuid4().hex[:6]}"
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in cluster.env().items():
            patch.setenv(variable, value)
        kubectl.run(["create", "namespace", name]).check()
        kubectl.run(["run", "seashell", "--image=nginx:1.22", "--namespace", name]).check()
        yield name
        kubectl.run(["delete", "namespace", name, "--wait=false"]).check()


@pytest.fixture(scope="module")
def notebook(cluster: Any, namespace: str) -> Iterator[Kernel]:
    with kernel(**cluster.env()) as made:
        made.run(f"my_ns = {namespace!r}; my_pods = []; my_port = 80")
        yield made


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%kubectl descr", "%kubectl describe"),
        ("%kubectl get deplo", "%kubectl get deployments.apps"),
        ("%kubectl get pods -n {my_ns} se", "%kubectl get pods -n {my_ns} seashell"),
        ("%kubectl logs seashell -n tab-", "%kubectl logs seashell -n {namespace}"),
        ("%kubectl get pods --namespace=tab-", "%kubectl get pods --namespace={namespace}"),
        ("%kubectl get pods --all-n", "%kubectl get pods --all-namespaces"),
        ("%kubectl --into names get servi", "%kubectl --into names get services"),
        ("%kubectl --may", "%kubectl --may-fail"),
        ("!kubectl get ns tab-", "!kubectl get ns {namespace}"),
        ("names = !kubectl get servi", "names = !kubectl get services"),
        ("%watch pods -n {my_ns} se", "%watch pods -n {my_ns} seashell"),
        ("%watch pods --field", "%watch pods --field-selector"),
        ("%events -n {my_ns} pod/se", "%events -n {my_ns} pod/seashell"),
        ("%explain deplo", "%explain deployments.apps"),
        ("%explain pod.spec.containers.imageP", "%explain pod.spec.containers.imagePullPolicy"),
        ("%%apply --server-s", "%%apply --server-side"),
        ("%kubectl get pods -n {my_n", "%kubectl get pods -n {my_ns}"),
        ("%%apply\nkind: Pod\nmetadata: {name: {my_po", "%%apply\nkind: Pod\nmetadata: {name: {my_port}"),
    ],
)  # fmt: skip
def test_tab_offers(notebook: Kernel, namespace: str, typed: str, offered: str) -> None:
    wanted = offered.replace("{namespace}", namespace)
    found: list[str] = []
    for _try in range(_TRIES):
        found = notebook.complete(typed)
        if wanted in found:
            break
    assert wanted in found
    assert all(line.startswith(typed) for line in found), "nothing but what goes on from there"


def test_a_brace_that_the_editor_has_closed_stays_one(notebook: Kernel) -> None:
    typed = "%kubectl get pods -n {my_n}"
    assert notebook.complete(typed, len(typed) - 1) == ["%kubectl get pods -n {my_ns}"]


def test_other_lines_are_pythons(notebook: Kernel) -> None:
    assert "my_port" in notebook.complete("my_po")
    assert "{my_port}" not in notebook.complete("x = {my_po")


def test_names_of_the_shell_are_not_ours() -> None:
    for typed in (
        "!ls ",
        "!kubectl get pods | gr",
        "%kubectl get 'po",
        "%kubectl --until ",
        "kubectl ge",
    ):
        assert complete.at_cursor(typed, "", typed, {}) is None


def test_without_a_cluster_nothing_is_offered_nor_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    began = time.monotonic()
    found = complete.at_cursor("%kubectl get pods ", "", "%kubectl get pods ", {})
    assert found is not None and found.texts == ()
    assert time.monotonic() - began < complete.DEADLINE + 3
    assert capfd.readouterr() == ("", "")
