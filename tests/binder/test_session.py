"""The Binder session, emulated: the image that binder/ makes, in a tab's 2 GB, on one processor, without privileges."""

from __future__ import annotations

import contextlib
import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
import pytest

from course import build
from course.checks import scorecard
from course.content import LESSONS
from tests.binder import image, session
from tests.binder.session import Session
from tests.support import thorough
from tests.telling import Tell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

GB = 1 << 30
PEAK = 1.2 * GB
"""The aim for a session with JupyterLab and one kernel."""


@dataclass(frozen=True)
class Mode:
    """A way to confine a session, and which of the course's notebooks run there: all of them in a thorough run."""

    options: tuple[str, ...]
    lessons: tuple[str, ...]
    exercises: tuple[str, ...]


MODES = {
    # As the issue of a strict cluster: no filter of system calls, as Kubernetes has it by default …
    "without seccomp": Mode(("--security-opt=seccomp=unconfined",), ("pods",), ("images",)),
    # … and as Docker has it.
    "default seccomp": Mode((), ("namespaces",), ()),
}  # fmt: skip


def has_lesson(name: str) -> bool:
    return any(not one.is_exercise for one in build.sources(name))


def exercises_of(names: tuple[str, ...]) -> Iterator[build.Source]:
    return (one for name in names for one in build.sources(name) if one.is_exercise)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_session_runs_lessons_and_exercises_in_its_two_gigabytes(
    built: image.Built, mode: Mode, tell: Tell
) -> None:
    with session.started(built, *mode.options) as started, started.watched():
        ready = started.wait("is ready after")
        listens = started.wait(f":{session.PORT}/lab")
        pod = started.first_pod()
        tell(f"postBuild took {built.seconds:.1f} s")
        tell(
            f"from the container's start: cluster ready {ready:.1f} s, JupyterLab {listens:.1f} s, pod {pod:.1f} s"
        )
        assert ready < listens  # the first notebook opens on a cluster that is ready
        assert started.ask("status")["started"]
        no_privileges(started)
        no_way_out(started)
        names = tuple(LESSONS) if thorough() else mode.lessons
        run(started, [name for name in names if has_lesson(name)], tell)
        if exercises := tuple(LESSONS) if thorough() else mode.exercises:
            run_exercises(started, exercises, tell)
    tell(f"at most {started.peak / GB:.2f} of 2 GB in use")
    assert started.peak < PEAK


def no_privileges(started: Session) -> None:
    status = started.run("cat", "/proc/1/status")
    for line in (r"Uid:\t1000", r"CapEff:\t0+$", r"CapBnd:\t0+$", r"NoNewPrivs:\t1"):
        assert re.search(line, status, re.MULTILINE), status


def no_way_out(started: Session) -> None:
    said = started.tried("curl", "--max-time", "3", "http://192.0.2.1")
    assert "ould not connect" in said.stderr or "ouldn't connect" in said.stderr, said.stderr


def run(started: Session, names: list[str], tell: Tell) -> None:
    """Runs notebooks by `lab run`: lessons by name, others by path."""
    said = started.tried(
        "python", "-m", "course", "run", "--output", "/home/jovyan/done", *names, timeout=1200
    )
    for line in said.stderr.splitlines():
        if re.search(r": (passed|failed) in ", line):
            tell(line)
    assert said.returncode == 0, said.stdout + said.stderr


def run_exercises(started: Session, names: tuple[str, ...], tell: Tell) -> None:
    """Runs exercises with their solutions and all of their tests; each test cell must give all of its points."""
    solved = {
        f"{source.lesson}-exercise.ipynb": build.read(source, "en")
        for source in exercises_of(names)
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, notebook in solved.items():
            data = nbformat.writes(notebook).encode()
            entry = tarfile.TarInfo(f"solved/{name}")
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    started.docker.call("cp", "-", f"{started.name}:{image.HOME}", data=made.getvalue())
    run(started, [f"solved/{name}" for name in solved], tell)
    for name in solved:
        executed = nbformat.reads(started.run("cat", f"done/{name}"), as_version=4)
        assert list(lost(executed)) == [], name


def lost(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """What the scorecards of an executed notebook say of points that were not given."""
    cards = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            lines = output.get("data", {}).get(scorecard.MIME)
            cards += lines is not None
            for line in lines["lines"] if lines else []:
                if not line["held"]:
                    yield f"{cell.id}: {line['what']}: {line['reason']}"
    if not cards:
        yield "there is no scorecard in it"


def test_three_sessions_side_by_side_do_not_meet(built: image.Built, tell: Tell) -> None:
    with contextlib.ExitStack() as stack:
        three = [stack.enter_context(session.started(built)) for _ in range(3)]
        ready = [one.wait("is ready after") for one in three]
        tell(
            "from the container's start, cluster ready: "
            + ", ".join(f"{one:.1f} s" for one in ready)
        )
        for number, one in enumerate(three):
            one.kubectl("create", "configmap", "mine", f"--from-literal=number={number}")
            one.kubectl("create", "namespace", f"only-{number}")
        assert [one.kubectl("get", "configmap", "mine", "-o", "jsonpath={.data.number}") for one in three] == [
            "0", "1", "2",
        ]  # fmt: skip
        for number, one in enumerate(three):
            namespaces = one.kubectl("get", "namespaces", "-o", "name")
            assert re.findall(r"only-\d", namespaces) == [f"only-{number}"]


def test_a_session_that_was_culled_and_started_again_has_its_notebooks_and_a_new_cluster(
    built: image.Built, tell: Tell
) -> None:
    with session.started(built) as started:
        started.wait("is ready after")
        started.run("sh", "-c", "echo mine > notebooks/en/pods/exercise.ipynb")
        started.kubectl("create", "namespace", "mine")
        started.docker.call("kill", started.name)  # a hub's culler gives no time either, in the end
        started.docker.call("start", started.name)
        tell(f"from its second start, cluster ready: {started.wait('is ready after'):.1f} s")
        started.wait(f":{session.PORT}/lab")
        assert started.run("cat", "notebooks/en/pods/exercise.ipynb") == "mine\n"
        assert "namespace/mine" not in started.kubectl("get", "namespaces", "-o", "name")
        assert started.run("python", "-m", "course", "status").startswith("cluster kubelab: ready")


def test_lab_status_warns_where_a_sessions_memory_is_short(built: image.Built) -> None:
    with session.started(built) as started:
        started.wait("is ready after")
        assert "WARNING" not in started.tried("python", "-m", "course", "status").stderr
        free = started.memory()
        hold = int(0.83 * free.limit - free.used)
        script = f"import sys; kept = b'x' * {hold}; print('held', flush=True); sys.stdin.read()"
        argv = started.docker.argv("exec", "--interactive", started.name, "python", "-c", script)
        with session.held(argv, "held"):
            said = started.tried("python", "-m", "course", "status")
        assert re.search(r"^memory .* of 2\.0 GiB \(8\d%\)$", said.stdout, re.MULTILINE), (
            said.stdout
        )
        assert "WARNING: Memory is short" in said.stderr
