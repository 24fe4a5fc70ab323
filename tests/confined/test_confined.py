"""The suite of cluster tests passes for whoever runs the lab, and with whatever the machine refuses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.cluster import tools
from tests.confined import container, daemon, ordinary, suite
from tests.confined import stage as stages
from tests.confined.conftest import cannot
from tests.support import thorough

DEADLINE = 1200.0
"""Seconds for one run of the suite."""
FOR_ROOT = ("test_executor.py", "test_images.py", "test_pod.py", "test_volumes.py")
"""What depends on who owns files and processes. The rest runs without namespaces in the container, as another user."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(DEADLINE + 300)]


def _need_proot() -> None:
    if tools.proot() is None:
        cannot("there is no PRoot, and its Debian package cannot be had")


def test_as_root_without_namespaces(stage: stages.Stage, outcomes: list[suite.Outcome]) -> None:
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user")
    _need_proot()
    env = stage.env("proot") | {"KUBELAB_TEST_EXECUTOR": "proot", "TMPDIR": str(stage.tmp)}
    files = () if thorough() else FOR_ROOT
    outcomes.append(suite.run(stage.argv(*files), DEADLINE, env=env, cwd=stage.repository))
    outcomes[0].must_pass()


def test_as_an_ordinary_user(stage: stages.Stage, outcomes: list[suite.Outcome]) -> None:
    if os.geteuid() != 0:
        pytest.skip("the tests themselves run as an ordinary user")
    os.chown(stage.home, ordinary.UID, ordinary.UID)
    env = stage.env() | {"TMPDIR": str(stage.tmp)}
    argv = ordinary.argv(stage.argv(), env, stages.interpreter(), stage.tmp)
    outcomes.append(suite.run(argv, DEADLINE, cwd=stage.repository))
    outcomes[0].must_pass()


@pytest.fixture(scope="module")
def confined() -> Iterator[container.Image]:
    """An image for containers without privileges."""
    try:
        with daemon.running() as docker, container.image(docker) as image:
            yield image
    except daemon.NoDockerError as reason:
        cannot(f"Docker cannot be had: {reason}")


def test_the_container_has_no_privileges(confined: container.Image, tmp_path: Path) -> None:
    script = (
        "cat /proc/self/status; id -u; said=$(unshare --user true 2>&1); echo unshare $?; echo $said;"
        " cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; true"
    )
    argv = confined.argv("kl-looks", ["sh", "-c", script], {}, [], Path("/"))
    said = suite.run(argv, 60).text
    for name in ("CapPrm", "CapEff", "CapBnd"):
        assert re.search(rf"^{name}:\t0+$", said, re.MULTILINE), said
    for line in ("NoNewPrivs:\t1", "Seccomp:\t2", "1000", "unshare 1", str(2 << 30)):
        assert line in said.splitlines(), said


def test_in_a_container_without_privileges(
    confined: container.Image, stage: stages.Stage, outcomes: list[suite.Outcome]
) -> None:
    _need_proot()
    name = stage.folder.name
    env = stage.env("proot", container.HOME)
    shown = [*stages.interpreter(), stage.repository, stage.cache]
    internet = not stage.has_images()  # then they are pulled from docker.io
    argv = confined.argv(name, stage.argv(), env, shown, stage.repository, internet)
    try:
        outcomes.append(suite.run(argv, DEADLINE))
    finally:
        confined.docker.call("rm", "--force", name, check=False)
    outcomes[0].must_pass()
