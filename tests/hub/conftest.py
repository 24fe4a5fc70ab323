"""One hub for the tests of this folder: a teacher and a student, each in a browser of their own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from course import paths
from tests.browser import chromium
from tests.confined.conftest import cannot
from tests.hub.browser import Person, lesson_link
from tests.hub.hub import Hub, free_ports, root, running, users


@dataclass(frozen=True)
class Classroom:
    """A hub and its two users, who have logged in.

    Attributes:
        programs: what `lab hub install` made.
        waited: the seconds that it took each of them.
    """

    hub: Hub
    programs: Path
    teacher: Person
    student: Person
    waited: dict[str, float]


@pytest.fixture(scope="session")
def programs(binary: Path) -> Path:
    """Where `lab hub install` puts things: the cache, for some 100 MB come from the package index."""
    # Its scripts name this environment's Python.
    return paths.cache_home() / "hub" / hashlib.sha256(sys.prefix.encode()).hexdigest()[:12]


@pytest.fixture(scope="module")
def classroom(programs: Path) -> Iterator[Classroom]:
    """A hub as the page says, until the end of the module; nothing of it may be left then."""
    if os.geteuid() != 0:
        pytest.skip("only root starts servers for other users")
    if why := chromium.missing():
        cannot(why)
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    folder.chmod(0o755)
    own = folder / "hub"
    try:
        with users(["teacher", "student"], folder) as (teacher, student):
            with (
                running(own, programs, teacher.name) as hub,
                lessons(folder / "git") as repository,
                chromium.launched() as browser,
            ):
                people = [Person(one, hub, chromium.window(browser)) for one in (teacher, student)]
                link, waited = lesson_link(hub, repository, "pods/lesson.ipynb"), {}
                for one in people:
                    waited[one.user.name] = one.log_in_by(link)
                yield Classroom(hub, programs, *people, waited)
            left = [*teacher.processes(), *student.processes()]
            assert not left, f"after the hub's end there are {left}"
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def lessons(base: Path) -> Iterator[str]:
    """A Git server that has the lesson on Pods; its address."""
    repository = base / "lessons"
    shutil.copytree(paths.notebooks("en") / "pods", repository / "pods")
    who = ["-c", "user.name=Teacher", "-c", "user.email=teacher@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Lessons"]):
        root("git", "-C", str(repository), *who, *words)
    (port,) = free_ports(1)
    # Not `git daemon`, which starts this and would complain of its end.
    program = root("git", "--exec-path").strip() + "/git-daemon"
    argv = [program, "--listen=127.0.0.1", f"--port={port}", "--export-all", f"--base-path={base}"]
    daemon = subprocess.Popen([*argv, str(repository)])
    try:
        yield f"git://127.0.0.1:{port}/lessons"
    finally:
        daemon.terminate()
        daemon.wait(10)
