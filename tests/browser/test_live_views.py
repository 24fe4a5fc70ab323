"""The live views and `%watch` in JupyterLab: each shows what the cluster has, changes with it, and hears presses."""

from __future__ import annotations

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.jupyterlab import RUNS_WITHIN, Notebook
from tests.browser.served import Machine
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

MANY = 500
SOON = RUNS_WITHIN * 1000  # milliseconds
WORLD = """\
%%apply
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: nginx:1.22
        readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: ends}
spec:
  containers:
  - name: main
    image: busybox:1.35
    command: [sh, -c, "echo I begin; exit 3"]
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: budget}
spec: {hard: {pods: "4"}}
"""


@pytest.fixture(scope="module")
def world(notebook: Notebook) -> Notebook:
    """A Deployment behind a Service, a Pod that ends again and again, and a quota."""
    notebook.write("view", WORLD)
    notebook.run_cell("view")
    notebook.write("view", "%kubectl wait --for=condition=Available deployment/web --timeout=120s")
    notebook.run_cell("view")
    notebook.shows("view", "condition met")
    notebook.write("view", "%kubectl --deadline 120 --until CrashLoopBackOff get pod ends --watch")
    notebook.run_cell("view")
    notebook.shows("view", "CrashLoopBackOff")
    return notebook


def show(notebook: Notebook, line: str) -> None:
    """Puts a view into the cell and runs it."""
    notebook.write("view", line)
    notebook.run_cell("view")
    notebook.finds("view", ".kubelab-live[data-mood=live] .kl-picture > *")


def shots(notebook: Notebook, line: str, name: str) -> None:
    """A picture of what is shown in English, and one in Chinese."""
    notebook.lab.shot(name)
    show(notebook, f'checks.speak("zh"); display({line})')
    pictures.shot(notebook.lab.page, f"zh-{name}")
    notebook.write("view", 'checks.speak("en")')
    notebook.run_cell("view")


def test_the_map_shows_the_pods_and_a_press_reads_one(world: Notebook) -> None:
    show(world, "from course import views; views.ClusterMap()")
    ends = world.finds("view", "button[aria-label^='ends:']")
    expect(ends).to_contain_text("✘")
    ends.click()
    details = world.finds("view", ".kl-details pre")
    expect(details).to_contain_text("I begin", timeout=SOON)
    shots(world, "views.ClusterMap()", "map")


def test_the_life_of_a_pod_grows(world: Notebook) -> None:
    show(world, "from course import views; views.PodLife('ends')")
    world.shows("view", "exit code 3")
    shots(world, "views.PodLife('ends')", "pod-life")


def test_a_services_answers_are_counted_by_pod(world: Notebook) -> None:
    show(world, "from course import views; views.ServicePicture('web')")
    world.finds("view", "button[data-say=send]").click()
    world.finds("view", ".kl-answers[title$='of 10 requests']")
    shots(world, "views.ServicePicture('web')", "service")


def test_a_quota_that_fills_up_is_seen(world: Notebook) -> None:
    show(world, "from course import views; views.QuotaGauges('default')")
    meter = world.finds("view", "[role=meter]")
    expect(meter).to_have_attribute("aria-valuetext", "3 of 4 used", timeout=SOON)
    shots(world, "views.QuotaGauges('default')", "quota")


def test_the_images_of_the_node_are_shown(world: Notebook) -> None:
    show(world, "from course import views; views.NodeImages()")
    world.shows("view", "nginx:1.22")
    shots(world, "views.NodeImages()", "images")


def test_the_nodes_heart_is_seen_to_beat(world: Notebook) -> None:
    show(world, "from course import views; views.Heartbeats()")
    world.shows("view", "control-plane")
    shots(world, "views.Heartbeats()", "heartbeats")


def test_a_watch_is_a_table_until_it_is_stopped(world: Notebook) -> None:
    show(world, "%watch pods")
    world.shows("view", "ends")
    world.lab.shot("watch")
    world.finds("view", ".kl-stop").click()
    world.shows("view", "stopped")


def test_a_view_says_that_the_cluster_is_lost_and_goes_on(
    world: Notebook, student: Machine
) -> None:
    show(world, "from course import views; views.ClusterMap()")
    (server,) = [
        one
        for one in psutil.process_iter(["cmdline"])
        if "apiserver" in (one.info["cmdline"] or [])[:2]
        and str(student.folder) in " ".join(one.info["cmdline"])
    ]
    server.kill()
    world.finds("view", ".kubelab-live[data-mood=reconnecting]")
    world.lab.shot("reconnecting")
    world.finds("view", ".kubelab-live[data-mood=live]")


def test_a_map_of_many_pods_changes_in_a_blink(world: Notebook, tell: Tell) -> None:
    make = (
        "from kubernetes import client, config; from course.bench import paper; config.load_kube_config(); "
        f"api = client.CoreV1Api(); made = paper.make(api, {MANY})"
    )
    world.write("view", make)
    world.run_cell("view", within=300)
    show(world, "views.ClusterMap()")
    expect(world.output_of("view").locator(".kl-pod[data-say]")).to_have_count(MANY + 3)
    world.write("load", "for one in made[1:9]: paper.set_ready(api, *one, ready=False)")
    world.run_cell("load")
    gone = world.finds("view", f"button[aria-label='paper-{8:04d}: CrashLoopBackOff']")
    expect(gone).to_be_visible()
    live = world.finds("view", ".kubelab-live")
    frames, slowest = (live.get_attribute(f"data-{name}") for name in ("frames", "slowest"))
    tell(f"{MANY} Pods: the slowest of {frames} frames took {slowest} ms in the browser")
    world.lab.shot("many")
