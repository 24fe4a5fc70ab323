"""JupyterHub as the page has it: two users of one machine, a cluster each, ngshare between them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from importlib.metadata import distributions, version

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course import build
from tests.faults.traces import until
from tests.hub.browser import Person
from tests.hub.conftest import Classroom
from tests.hub.hub import LAB, User, commands
from tests.telling import Tell

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]
_ENDS_WITHIN = 40.0
KNOWN = {"ngshare-exchange: jupyter-core<4.11.2"}
"""What a package asks for and does not get; that it works all the same is shown here."""


def server_of(user: User) -> str:
    """The address of the API server of the user's cluster."""
    config = yaml.safe_load((user.state / "kubeconfig").read_text())
    return str(config["clusters"][0]["cluster"]["server"])


def gone(user: User) -> bool:
    return not user.processes() and not (user.state / "kubeconfig").exists()


def test_each_user_has_a_cluster_of_its_own(classroom: Classroom, tell: Tell) -> None:
    teacher, student = classroom.teacher, classroom.student
    student.run("%load_ext course", 10)
    assert re.search(r"mynginx\s+1/1\s+Running", student.shows("Running"))
    teacher.run("%load_ext course", 2)
    teacher.run("%kubectl get pod")
    teacher.shows("No resources found")
    assert server_of(teacher.user) != server_of(student.user)
    for user in (teacher.user, student.user):
        ready = "; ".join(re.findall(r"is ready after .* s", classroom.hub.log))
        megabytes = sum(one.memory_full_info().pss for one in user.processes()) >> 20
        seconds = classroom.waited[user.name]
        tell(
            f"{user.account.called}: {seconds:.1f} s from the password to the lesson, {megabytes} MB"
        )
    tell(f"the clusters: {ready}")


def test_a_user_cannot_read_what_is_anothers(classroom: Classroom) -> None:
    student, hub = classroom.student.user, classroom.hub
    for path in (classroom.teacher.user.state / "kubeconfig", hub.folder / "ngshare.db"):
        assert path.exists()
        as_student = ["setpriv", f"--reuid={student.name}", "--clear-groups", "cat", str(path)]
        done = subprocess.run(as_student, capture_output=True, text=True, check=False)
        assert "Permission denied" in done.stderr, path


def test_an_assignment_goes_out_by_ngshare_and_its_feedback_comes_back(
    classroom: Classroom, tell: Tell
) -> None:
    teacher, student = classroom.teacher.user, classroom.student
    names = {"/opt/kubelab/lab": LAB, " teacher": f" {teacher.name}"}
    names |= {" student": f" {student.user.name}"}
    release, grade = commands("A class", names)
    teacher.types(release)
    assignments(student)
    student.page.get_by_role("button", name="Fetch", exact=True).click()
    submit = student.page.get_by_role("button", name="Submit", exact=True)
    submit.wait_for()
    answer(student.user)
    submit.click()
    student.page.locator("#submitted_assignments_list .list_item", has_text="pods").wait_for()
    said = teacher.types(grade, within=300)
    assert re.search(rf"{student.user.name} .*scored", said), said
    student.page.get_by_role("button", name="Fetch Feedback", exact=True).click()
    pages = student.user.home / "pods" / "feedback"
    until(lambda: list(pages.glob("*/exercise.html")), 30, "the feedback has come")
    (page,) = pages.glob("*/exercise.html")
    said = BeautifulSoup(page.read_text(), "html.parser").get_text(" ", strip=True)
    score = re.search(r"[\d.]+ of 23 points", said)
    assert score, said[:2000]
    tell(f"in the feedback that the student fetched: {score[0]}")
    assert score[0] == "2 of 23 points"  # for the one task that was answered


def assignments(student: Person) -> None:
    student.page.get_by_role("menuitem", name="Nbgrader").click()
    student.page.get_by_role("menuitem", name="Assignment List").click()


def answer(student: User) -> None:
    path = student.home / "pods" / "exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (hello,) = (cell for cell in notebook.cells if cell.id == "hello")
    hello.source = build.solution(build.exercise("pods"))["hello"]
    nbformat.write(notebook, path)


def test_the_button_ends_a_users_server_and_cluster(classroom: Classroom, tell: Tell) -> None:
    student = classroom.student
    began = time.monotonic()
    student.stop_server()
    until(lambda: gone(student.user), _ENDS_WITHIN, "the student's cluster is gone")
    tell(f"a server and its cluster ended in {time.monotonic() - began:.1f} s")
    assert classroom.hub.servers() == [classroom.teacher.user.name]
    assert not gone(classroom.teacher.user)


def test_a_server_without_work_is_culled_and_its_cluster_with_it(classroom: Classroom) -> None:
    hub, teacher = classroom.hub, classroom.teacher
    teacher.page.close()
    culler = subprocess.Popen(  # the hub's own one would take an hour
        [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=2", "--cull-every=1", f"--url={hub.api}"],
        env=os.environ | {"PYTHONPATH": str(classroom.programs), "JUPYTERHUB_API_TOKEN": hub.culler},
    )  # fmt: skip
    try:
        until(lambda: gone(teacher.user), _ENDS_WITHIN, "the teacher's cluster is gone")
    finally:
        culler.terminate()
        culler.wait(10)
    until(lambda: hub.servers() == [], _ENDS_WITHIN, "the hub knows of no server")


def test_the_hubs_packages_have_what_they_ask_for(classroom: Classroom) -> None:
    found = {
        canonicalize_name(one.name): one for one in distributions(path=[str(classroom.programs)])
    }
    assert len(found) > 10
    missed = set()
    for name, one in found.items():
        for wanted in map(Requirement, one.requires or []):
            other = found.get(canonicalize_name(wanted.name))
            if not wanted.marker or wanted.marker.evaluate({"extra": ""}):
                there = other.version if other else version(wanted.name)
                if not wanted.specifier.contains(there):
                    missed.add(f"{name}: {wanted}")
    assert missed == KNOWN
