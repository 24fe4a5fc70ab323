"""The life of a Pod as a timeline: what its object and its events have said, from its creation to its end."""

from __future__ import annotations

import re

import pytest

from course.views import PodLife
from course.views.live.display import still
from tests.cluster.kube import Kube, pod, shell
from tests.faults.traces import until
from tests.views.watcher import SOON, Watch

pytestmark = pytest.mark.cluster


def test_a_picture_that_stands_still_tells_when_it_ran_and_how_it_ended(here: Kube) -> None:
    here.apply(pod("short", shell("sleep 1; exit 3"), restartPolicy="Never"))
    here.wait("jsonpath={.status.phase}=Failed", "pod/short")
    words: list[str] = []

    def told() -> bool:  # events come after what they tell of
        words[:] = [still(PodLife("short", here.namespace))["text/plain"]]
        return "The container runs (Started" in words[0]

    until(told, SOON, lambda: str(words))
    said = words[0]
    steps = [
        "The Pod was created",
        "A node was chosen",
        "The container runs",
        "exit code 3 (Error, after",
    ]
    places = [said.index(step) for step in steps]
    assert places == sorted(places), said
    html = still(PodLife("short", here.namespace))["text/html"].partition("</style>")[2]
    assert "kl-doing-running" in html
    assert "kl-doing-failed" in html
    assert "kl-doing-back-off" not in html
    assert "data-say" not in html, "a picture that stands still has no buttons"


def test_it_grows_while_the_pod_lives_and_stays_when_it_is_gone(here: Kube, watch: Watch) -> None:
    it = watch(PodLife("web", here.namespace))
    it.sees("There is no such Pod yet")
    here.apply(pod("web", shell("sleep 2; exit 7")))
    picture = it.sees("exit code 7", "restarts: 2", "kl-doing-back-off")
    assert picture.count("The container ended: exit code 7") >= 2, "each end has a row of its own"
    assert picture.count(">Started: Container started<") <= 1
    assert "Created" in picture and " times, last after " in picture, (
        "an event that comes again is one line"
    )
    here.run("delete", "pod", "web", "--grace-period=1")
    gone = it.sees("deleted after", "Somebody asked to delete it", "The Pod is gone")
    assert "exit code 7" in gone, "what was seen is not forgotten with the Pod"
    assert "data-say" not in gone, "there are no logs to read any more"
    uid = re.search(r'<div data-key="([0-9a-f-]{36})">', gone)
    here.apply(pod("web", shell("exec sleep 3600")))
    again = it.sees("has a new uid", "The Pod before", "Running")
    assert uid and f'<div data-key="{uid[1]}">' not in again
    assert f'<details data-key="{uid[1]}">' in again, "the life before is folded below the new one"


def test_failing_probes_and_images_that_are_not_there_are_marked(here: Kube, watch: Watch) -> None:
    no = {"exec": {"command": ["false"]}, "periodSeconds": 1}
    sick = shell("exec sleep 3600", readinessProbe=no)
    here.apply(pod("sick", sick), pod("lost", {**shell("true"), "image": "nginx:9.99"}))
    probes = watch(PodLife("sick", here.namespace))
    probes.sees(
        "A probe failed", "Readiness probe failed", "kl-doing-unready", " times, last after "
    )
    assert "kl-doing-ready" not in probes.picture
    image = watch(PodLife("lost", here.namespace))
    image.sees("Failed to pull image", "kl-doing-no-image", "kl-flag-bad")


def test_names_and_messages_of_the_cluster_are_text_and_no_html(here: Kube, watch: Watch) -> None:
    here.apply(
        pod(
            "rude",
            shell("echo '<b>bold</b>' > /dev/termination-log; exit 1"),
            restartPolicy="Never",
        )
    )
    picture = watch(PodLife("rude", here.namespace)).sees("The container ended")
    assert "&lt;b&gt;bold&lt;/b&gt;" in picture
    assert "<b>bold" not in picture


def test_a_press_reads_the_logs_of_this_run_and_of_the_one_before(here: Kube) -> None:
    here.apply(pod("loud", shell("echo '<i>good morning</i>'; sleep 2; exit 1")))
    view = PodLife("loud", here.namespace)
    container = here.get("pod", "loud")["spec"]["containers"][0]["name"]
    until(lambda: "--previous" in view.told(f"logs/{container}"), SOON)
    assert view.told(f"logs/{container}").count("&lt;i&gt;good morning") >= 1
