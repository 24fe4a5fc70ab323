"""`%watch` in a real kernel: it goes on beside other cells, and ends with its cell."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from course import kubectl
from course.magics.line import MagicError
from course.magics.watch_line import watch_line
from tests.course.kernels import Kernel, Message, kernel

pytestmark = pytest.mark.cluster
_WATCHED = (
    "from course.views.live.watched import informers; "
    "print(sorted(one.kind for one in informers.watched()))"
)


@pytest.fixture(scope="module")
def namespace(cluster: Any) -> Iterator[str]:
    name = f"watch-{uuid.uuid4().hex[:6]}"
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in cluster.env().items():
            patch.setenv(variable, value)
        kubectl.run(["create", "namespace", name]).check()
        kubectl.run(["create", "configmap", "first", "--namespace", name]).check()
        yield name
        kubectl.run(["delete", "namespace", name, "--wait=false"]).check()


@pytest.fixture
def notebook(cluster: Any, namespace: str) -> Iterator[Kernel]:
    with kernel(**cluster.env()) as made:
        made.run(f"ns = {namespace!r}")
        yield made


def watched(notebook: Kernel) -> str:
    return notebook.run(_WATCHED, cell="looks").text.strip()


def picture(*names: str) -> Any:
    """Finds a widget's picture with these names in it."""

    def found(message: Message) -> bool:
        state = message["content"].get("data", {}).get("state", {})
        return all(name in state.get("picture", "") for name in names) and "picture" in state

    return found


def test_the_table_follows_the_cluster_while_other_cells_run(
    notebook: Kernel, namespace: str
) -> None:
    shown = notebook.run("%watch cm,deploy -n {ns}", cell="a")
    assert "first" in shown.data("text/plain")[0]
    assert "There are no deployments.apps." in shown.data("text/plain")[0]
    assert shown.data("application/vnd.jupyter.widget-view+json")
    kubectl.run(["create", "configmap", "second", "--namespace", namespace]).check()
    notebook.run("1 + 1", cell="b")
    notebook.wait_for(picture(">first<", ">second<"))
    kubectl.run(["delete", "configmap", "second", "--namespace", namespace]).check()
    notebook.wait_for(lambda one: picture(">first<")(one) and not picture(">second<")(one))


def test_a_cell_that_is_run_again_has_one_watch_and_stop_ends_it(notebook: Kernel) -> None:
    for _turn in range(20):
        shown = notebook.run("%watch configmaps -n {ns}", cell="a")
    assert watched(notebook) == "['configmaps']"
    view = shown.outputs[-1]["content"]["data"]["application/vnd.jupyter.widget-view+json"]
    notebook.send(view["model_id"], {"method": "custom", "content": {"say": "stop"}})
    notebook.wait_for(
        lambda one: one["content"].get("data", {}).get("state", {}).get("mood") == "stopped"
    )
    assert watched(notebook) == "[]"


def test_other_cells_and_deleted_ones(notebook: Kernel) -> None:
    notebook.run("%watch configmaps -n {ns}", cell="a")
    notebook.run("%watch services -n {ns}", cell="b")
    assert watched(notebook) == "['configmaps', 'services']"
    notebook.run("pass", cell="a")
    assert watched(notebook) == "['services']"
    notebook.run("pass", cell="c", deletedCells=["b"])
    assert watched(notebook) == "[]"


def test_a_kind_that_is_none_is_said(notebook: Kernel) -> None:
    assert "no kind `nope` that can be watched" in notebook.run("%watch nope", cell="a").error


def test_a_program_gets_a_bounded_follow(notebook: Kernel) -> None:
    shown = notebook.run("%watch --deadline 3 cm,svc -n {ns}", person=False)
    assert "first" in shown.text
    assert shown.text.count("ended after 3 s") == 1
    assert not shown.data("application/vnd.jupyter.widget-view+json")
    found = notebook.run("%watch --until first cm -n {ns}", person=False)
    assert "first" in found.text and not found.error


def test_the_line_is_that_of_get() -> None:
    asked = watch_line(["deploy/web", "-n", "demo", "-l=a=b", "-o", "wide"])
    assert (asked.kinds, asked.name, asked.namespace) == (("deploy",), "web", "demo")
    assert asked.labels == "a=b" and asked.wide
    argv = asked.argv("deploy")
    assert argv[:3] == ["get", "deploy", "web"] and argv[-1] == "--watch"
    for wrong in ([], ["pods", "a", "b"], ["pods", "-o", "yaml"], ["pods", "-z"], ["a,b", "name"]):
        with pytest.raises(MagicError, match="%watch KIND"):
            watch_line(wrong)
