"""JupyterLab in a real browser: the launcher's card, the start page, and starting over while it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course import build, launching, paths
from course.cluster.embedded import Embedded
from course.errors import ClusterError
from course.views import cluster as view
from tests.browser.chromium import window
from tests.browser.served import serving
from tests.support import end_processes_of, free_port, lab_argv, processes_of

pytestmark = [
    pytest.mark.slow, pytest.mark.cluster, pytest.mark.usefixtures("chromium", "binary"),
]  # fmt: skip

NAME = "page"
SHOWS_WITHIN = 60_000  # milliseconds for JupyterLab and a kernel to start on a busy machine
DONE = {
    "hello": "%kubectl run {pod_name} --image=nginx:1.22 --labels tier={tier} --namespace {namespace}"
}
WORK = """\
import sys, nbformat
from nbclient import NotebookClient
path, *cells = sys.argv[1:]
nb = nbformat.read(path, as_version=4)
client = NotebookClient(nb)
with client.setup_kernel():
    for index, cell in enumerate(nb.cells):
        if cell.id in cells:
            client.execute_cell(cell, index)
nbformat.write(nb, path)
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An XDG_STATE_HOME for this module's cluster; nothing of it may be left."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder
    left = processes_of(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"the test left processes: {left}"


@pytest.fixture(scope="module")
def cluster(home: Path) -> Iterator[Embedded]:
    """A cluster as `lab up` starts it."""
    started, _ = launching.start(NAME, 1)
    assert isinstance(started, Embedded)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in started.env().items():
            patch.setenv(name, value)
        yield started
    started.delete()


@pytest.fixture(scope="module")
def work(cluster: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student has: a task of the Pods solved and checked, on the cluster. The pages are in two places."""
    folder = tmp_path_factory.mktemp("work")
    shutil.copytree(paths.notebooks("en"), folder, dirs_exist_ok=True)
    (folder / "notebooks/zh").mkdir(parents=True)
    shutil.copy(paths.notebooks("zh") / paths.START_PAGE, folder / "notebooks/zh")
    exercise = folder / "pods/exercise.ipynb"
    build.write(build.handed_in(build.exercise("pods"), DONE), exercise)
    cells = ("parameters", "imports", "begin", "hello", "hello-test")
    (exercise.parent / "hints.json").write_text('{"hello": 1}')
    argv = [sys.executable, "-c", WORK, str(exercise), *cells]
    subprocess.run(cluster.shell_argv(argv), cwd=exercise.parent, check=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def address(cluster: Embedded, work: Path) -> Iterator[str]:
    """JupyterLab as Binder starts it (binder/start): by its own command line."""
    port = free_port()
    settings = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.open_browser": False,
        "ServerApp.allow_root": os.geteuid() == 0, "IdentityProvider.token": "",
    }  # fmt: skip
    jupyter = [sys.executable, "-P", "-m", "jupyterlab"]
    jupyter += [f"--{name}={value}" for name, value in settings.items()]
    argv = lab_argv("start", "--name", NAME, "--", *jupyter)
    with serving(argv, port, work, None, work.parent / f"{NAME}.log") as served:
        yield served


@pytest.fixture(scope="module")
def page(address: str, browser: Any) -> Iterator[Any]:
    """The launcher's page."""
    made = window(browser, viewport={"width": 1400, "height": 1400})
    made.set_default_timeout(SHOWS_WITHIN)
    made.goto(f"{address}/lab?reset")
    yield made
    made.context.close()


def sessions(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{address}/api/sessions", timeout=10) as answer:  # noqa: S310
        found: list[dict[str, Any]] = json.load(answer)
    return found


def test_the_launchers_card_opens_the_page_which_shows_progress_and_the_cluster(page: Any) -> None:
    cards = page.locator(".jp-LauncherCard", has_text="Kubelab")
    cards.first.wait_for()
    assert [text.split(maxsplit=1) for text in cards.all_inner_texts()] == [
        ["K", "Kubelab"],
        ["K", "Kubelab: 中文"],
    ]
    cards.first.click()
    page.locator(".jp-Notebook .jp-CodeCell").click()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.keyboard.press("Shift+Enter")
    row = page.locator(".kubelab-start tbody tr").first
    row.wait_for()
    text = row.inner_text()
    cells = nbformat.read(paths.notebooks("en") / "pods/lesson.ipynb", as_version=4).cells
    lesson = f"0 of {sum(cell.cell_type == 'code' for cell in cells)} cells run"
    for words in ("Pods", lesson, "1 of 10 tasks hold", "1 of 1 checked, 23 in all"):
        assert words in text
    assert row.locator("td").last.inner_text() == "1"  # hint
    assert "The cluster page: ready." in page.locator(".kubelab-start").inner_text()
    assert "page-control-plane" in page.locator(".kubelab-start").inner_text()


def test_an_exercise_is_started_over_after_a_question(page: Any, work: Path) -> None:
    lesson = work / "pods"
    mine = (lesson / "exercise.ipynb").read_text()
    page.get_by_role("button", name="Start this exercise over").click()
    page.get_by_role("button", name="No, leave it").click()
    assert (lesson / "exercise.ipynb").read_text() == mine
    page.get_by_role("button", name="Start this exercise over").click()
    page.get_by_role("button", name="Yes, start over").click()
    page.get_by_text("is as it was handed out").wait_for()
    page.locator(".kubelab-start", has_text="0 of 10 tasks hold").first.wait_for()
    handed_out = nbformat.read(paths.notebooks("en") / "pods/exercise.ipynb", as_version=4)
    assert nbformat.read(lesson / "exercise.ipynb", as_version=4) == handed_out
    (kept,) = lesson.glob("exercise-*.ipynb")
    assert kept.read_text() == mine
    assert len(list(lesson.glob("hints-*.json"))) == 1
    assert not (lesson / "hints.json").exists()


def test_the_cluster_becomes_as_new_and_jupyterlab_goes_on(
    page: Any, address: str, cluster: Embedded
) -> None:
    def kubectl(*arguments: str) -> str:
        done = subprocess.run(
            ["kubectl", *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    before = sessions(address)
    keeper = cluster.keeper
    assert "hello" in kubectl("get", "pods", "--namespace", "pods-exercise")
    kubectl("create", "clusterrole", "mine", "--verb=get", "--resource=pods")
    kubectl("create", "configmap", "mine")
    kubectl("label", "node", f"{NAME}-control-plane", "disk=ssd")
    page.get_by_role("button", name="Make the cluster as new").click()
    page.get_by_role("button", name="Yes, start over").click()
    page.get_by_text("The cluster is as new:").wait_for()
    assert cluster.differs_from_baseline() == []
    assert "NotFound" in kubectl("get", "namespace", "pods-exercise")
    assert "NotFound" in kubectl("get", "clusterrole", "mine")
    assert cluster.keeper == keeper
    assert [one["kernel"]["id"] for one in sessions(address)] == [
        one["kernel"]["id"] for one in before
    ]
    page.get_by_role("button", name="Refresh", exact=True).click()
    page.locator(".kubelab-start", has_text="The cluster page: ready.").first.wait_for()


def test_a_link_opens_a_lesson(page: Any) -> None:
    page.locator(".kubelab-start a", has_text="Open the lesson").first.click()
    page.get_by_role("tab", name=re.compile("^lesson.ipynb")).wait_for()
    page.get_by_role("heading", name="How to read this page").wait_for()


def test_where_no_baseline_is_known_the_namespaces_are_emptied(
    cluster: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kubectl(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["kubectl", *arguments], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.split()

    listed = ("get", "namespaces,serviceaccounts,services,configmaps,pods", "-A", "--output=name")
    new = sorted(kubectl(*listed))
    kubectl("create", "namespace", "mine")
    kubectl("run", "busy", "--image=nginx:1.22", "--restart=Never")
    kubectl("create", "configmap", "mine")
    kubectl("create", "service", "clusterip", "mine", "--tcp=80")
    said = iter(["there is no baseline to compare with", "it could not be brought back"])

    def refuse(_cluster: Embedded) -> None:
        raise ClusterError(f"the cluster's keeper answered 409 to POST /reset: {next(said)}")

    monkeypatch.setattr(Embedded, "reset_to_baseline", refuse)
    assert "The namespaces are empty" in view.as_new()
    assert sorted(kubectl(*listed)) == new
    with pytest.raises(ClusterError, match="End JupyterLab and start it again"):
        view.as_new()
