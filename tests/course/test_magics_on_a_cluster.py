"""The magics in a real kernel, on a real cluster: what is shown, in which form, and what is said of an error."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from course import kubectl
from tests.course.kernels import Kernel, kernel

pytestmark = pytest.mark.cluster
CONFIG = """\
%%apply --namespace {namespace}
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data:
  colour: {colour}
  code: "```"
"""


@pytest.fixture(scope="module")
def namespace(cluster: Any) -> Iterator[str]:
    name = f"magics-{uuid.uuid4().hex[:6]}"
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in cluster.env().items():
            patch.setenv(variable, value)
        kubectl.run(["create", "namespace", name]).check()
        made = ["create", "deployment", "web", "--image=nginx:1.22", "--namespace", name]
        kubectl.run(made).check()
        kubectl.run(["create", "configmap", "elsewhere", "--namespace", name]).check()
        kubectl.run(["rollout", "status", "deployment/web", "--namespace", name]).check()
        yield name
        kubectl.run(["delete", "namespace", name, "--wait=false"]).check()


@pytest.fixture(scope="module")
def notebook(cluster: Any, namespace: str) -> Iterator[Kernel]:
    with kernel(**cluster.env()) as made:
        made.run(f"ns = {namespace!r}")
        yield made


def cells_of(html: str) -> list[list[str]]:
    return [
        [cell.text for cell in row(["th", "td"])]
        for row in BeautifulSoup(html, "html.parser")("tr")
    ]


@pytest.mark.parametrize("person", [True, False])
def test_a_table_is_one_display_with_kubectls_words(
    notebook: Kernel, namespace: str, person: bool
) -> None:
    shown = notebook.run("%kubectl get deployment,service -o wide -A", person=person)
    assert len(shown.outputs) == 1
    (plain,), (html,) = shown.data("text/plain"), shown.data("text/html")
    said = kubectl.run(["get", "deployment,service", "-o", "wide", "-A"]).stdout
    assert [line.split()[:2] for line in plain.split("\n")] == [
        line.split()[:2] for line in said.rstrip("\n").split("\n")
    ]
    rows = cells_of(html)
    assert rows[0][:3] == ["NAMESPACE", "NAME", "READY"]
    assert [namespace, "deployment.apps/web", "1/1"] in [row[:3] for row in rows]
    assert ["default", "service/kubernetes", "ClusterIP"] in [row[:3] for row in rows]


@pytest.mark.parametrize(
    "line",
    [
        "api-resources",
        "config get-contexts",
        "get pods -n {ns} -o custom-columns=Pod:.metadata.name",
    ],
)
def test_other_tables_of_kubectls_are_tables_too(notebook: Kernel, line: str) -> None:
    assert notebook.run(f"%kubectl {line}").data("text/html")


@pytest.mark.parametrize(
    "line", ["get pods -n {ns} -o name", "get pods -n nowhere", "describe deployment web -n {ns}"]
)
def test_what_is_no_table_comes_as_words(notebook: Kernel, line: str) -> None:
    shown = notebook.run(f"%kubectl {line}")
    assert shown.text
    assert not shown.data("text/html")


def test_a_watch_comes_as_it_is_said(notebook: Kernel) -> None:
    shown = notebook.run("%kubectl --until Running get pods -n {ns} --watch")
    assert "Running" in shown.text
    assert not shown.data("text/html")


def test_the_variable_gets_what_the_table_shows(notebook: Kernel) -> None:
    shown = notebook.run("%kubectl --into said get deployment -n {ns} \nprint(said)")
    assert shown.data("text/plain")[0] == shown.text.rstrip("\n")


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_yaml_and_json_are_in_colours(notebook: Kernel, namespace: str, form: str) -> None:
    notebook.run(CONFIG.format(namespace=namespace, colour="red"))
    shown = notebook.run(f"%kubectl get configmap settings -n {{ns}} -o {form}")
    (plain,), (markdown,) = shown.data("text/plain"), shown.data("text/markdown")
    assert markdown == f"````{form}\n{plain}\n````"
    assert "settings" in plain


def test_an_apply_shows_a_person_what_it_changed(notebook: Kernel, namespace: str) -> None:
    notebook.run("%kubectl delete configmap settings -n {ns} --ignore-not-found")
    created = notebook.run(CONFIG.format(namespace=namespace, colour="red"))
    assert "created" in created.text and not created.data("text/markdown")
    changed = notebook.run(CONFIG.format(namespace=namespace, colour="blue"))
    assert "configured" in changed.text
    (diff,) = changed.data("text/plain")
    assert [line for line in diff.split("\n")[2:] if line[0] in "+-"] == [
        "-  colour: red",
        "+  colour: blue",
    ]
    assert changed.data("text/markdown")[0].startswith("````diff\n--- configmap/settings\n")
    again = notebook.run(CONFIG.format(namespace=namespace, colour="blue"))
    assert "unchanged" in again.text and not again.data("text/markdown")


def test_an_apply_shows_a_program_nothing_more(notebook: Kernel, namespace: str) -> None:
    for colour in ("red", "green"):
        shown = notebook.run(CONFIG.format(namespace=namespace, colour=colour), person=False)
    assert "configured" in shown.text
    assert len(shown.outputs) == 1


def test_a_look_that_fails_does_not_break_the_apply(notebook: Kernel, namespace: str) -> None:
    hidden = "from course.magics import changes; kept, changes._SCOPE = changes._SCOPE, frozenset()"
    notebook.run(hidden)  # the look is now at another namespace, where there is no such object
    shown = notebook.run(CONFIG.format(namespace=namespace, colour="grey"))
    notebook.run("changes._SCOPE = kept")
    assert "configured" in shown.text and not shown.error


def test_events_of_an_object_come_oldest_first(notebook: Kernel, namespace: str) -> None:
    shown = notebook.run("%events deploy/web -n {ns}")
    rows = cells_of(shown.data("text/html")[0])
    assert rows[0] == ["AGE", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"]
    assert rows[1][1:5] == ["Normal", "ScalingReplicaSet", "deployment/web", "1"]
    pod = kubectl.run(
        ["get", "pods", "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}"]
    ).stdout
    reasons = [
        row[2] for row in cells_of(notebook.run(f"%events {pod} -n {{ns}}").data("text/html")[0])
    ]
    assert reasons[1] == "Scheduled" and reasons[-1] == "Started"
    everything = notebook.run("%events -n {ns}").data("text/plain")[0]
    assert "deployment/web" in everything and f"pod/{pod}" in everything
    assert "no events" in notebook.run("%events nothing -n {ns}").text
    assert "no option -x" in notebook.run("%events -x").error


def test_an_explanation_is_laid_out(notebook: Kernel) -> None:
    shown = notebook.run("%explain pod.spec.containers.image")
    assert shown.data("text/plain")[0].startswith("KIND:       Pod")
    page = BeautifulSoup(shown.data("text/html")[0], "html.parser")
    assert page.h4 is not None and page.h4.code is not None
    assert page.h4.code.text == "pod.spec.containers.image"
    page = BeautifulSoup(notebook.run("%explain deploy.spec").data("text/html")[0], "html.parser")
    assert "replicas" in [name.text for name in page("b")]


ERRORS = {
    "%kubectl get pod nope -n {ns}": r"`%kubectl get pods -A` those of all namespaces",
    "%kubectl get configmap elsewhere": "There is one of this name in the namespace {namespace}: add `-n",
    "%kubectl logs deploy/nope": "`%kubectl get deployments.apps -A`",
    "%kubectl run x --image=nginx -n nowhere": "There is no namespace nowhere.",
    "%kubectl get pdo": "`%kubectl api-resources` lists the kinds",
    "%kubectl get deploymnt": "Did you mean: deployments",
    "%kubectl create namespace {ns}": "`%kubectl delete namespaces {namespace}`",
    "%kubectl get pods --as=nobody": "no right to list pods there",
    "%kubectl gett pods": "`%kubectl help` lists",
    "%kubectl get pods --foo": "`%kubectl get --help` explains",
    "%kubectl -n default run x": "`%kubectl run --help` explains",
    "%kubectl delete pod": "Name the object as well (`%kubectl delete KIND NAME`)",
    "%kubectl explain pod.spec.contaners": "the path up to before contaners",
    "%explain pod.spec.contaners": "the path up to before contaners",
    "%kubectl config use-context nope": "get-contexts` lists",
    "%kubectl wait --for=condition=Ready=false deploy/web -n {ns} --timeout=1s": "did not come about in time",
    "%%apply\na:\n\tb: c": "near its line 2. Look there",
    "%%apply\nkind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {containres: []}": "`%explain pod.spec` lists",
    "%%apply\nkind: Pdo\napiVersion: v1\nmetadata: {name: x}": "no kind Pdo in v1.",
    "%%apply -n {ns}\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\n"
    "spec: {selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}, "
    "spec: {containers: [{name: nginx, image: 'nginx:1.22'}]}}}": "cannot be changed in an object that exists",
    "%kubectl create quota none --hard=pods=0 -n {ns}\n%kubectl run x --image=nginx -n {ns}": (
        "`%kubectl describe quota none` shows"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_has_kubectls_words_and_a_hint(
    notebook: Kernel, namespace: str, code: str
) -> None:
    said = notebook.run(code.replace("{ns}", namespace) if code.startswith("%%") else code).error
    _words, _, hint = said.partition("and said:\n")
    assert "error" in hint.lower() or "invalid" in hint, said
    assert ERRORS[code].replace("{namespace}", namespace) in hint, said


def test_a_program_is_told_the_same_without_a_look(notebook: Kernel) -> None:
    said = notebook.run("%kubectl get deploymnt", person=False).error
    assert "api-resources" in said
    assert "Did you mean" not in said


def test_words_that_may_fail_are_shown_without_a_hint(notebook: Kernel) -> None:
    shown = notebook.run("%kubectl --may-fail get pdo")
    assert shown.text == 'error: the server doesn\'t have a resource type "pdo"\n'


def test_hints_speak_chinese(notebook: Kernel) -> None:
    notebook.run("from course import checks; checks.speak('zh')")
    said = notebook.run("%kubectl get deploymnt").error
    notebook.run("checks.speak('en')")
    assert "你要的是不是：deployments" in said
