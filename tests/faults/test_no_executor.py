"""A machine that refuses user namespaces: PRoot serves; without it, the message says what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course import images, paths
from course.cluster import embedded, tools
from course.cluster.base import Spec
from course.errors import ClusterError
from tests.conftest import Lab
from tests.faults import traces
from tests.faults.conftest import FROM_A_CONTAINER
from tests.support import lab_argv, said_error

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("binary")]


def refused(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs `lab` where no user namespace can be made."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.refuse", *lab_argv(*arguments)],
        capture_output=True, text=True, timeout=120, cwd=paths.ROOT, env=os.environ | env, check=False,
    )  # fmt: skip


@pytest.fixture
def without_proot(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has everything but PRoot, and no apt to fetch it with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "true", "python3"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    cache = tmp_path / "cache" / "kubelab"
    cache.mkdir(parents=True)
    for name in ("images", "bin"):
        (cache / name).symlink_to(paths.cache_home() / name)
    return {"PATH": str(folder), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_neither_user_namespaces_nor_proot_is_said_before_anything_starts(
    own_state: Path, without_proot: dict[str, str]
) -> None:
    said = refused("up", **without_proot)
    said_error(said, "neither user namespaces", "apt install proot", "./lab doctor")
    assert not list(own_state.rglob("cluster.json"))


@pytest.mark.skipif(not shutil.which("proot"), reason="PRoot is not installed")
def test_where_user_namespaces_are_refused_containers_run_by_proot(
    lab: Lab, own_state: Path
) -> None:
    said = refused("up")
    assert said.returncode == 0, said.stderr
    k = traces.network_of()
    said = lab("shell", "--", "sh", "-c", FROM_A_CONTAINER)
    assert "from a container" in said.stdout, said.stderr
    assert lab("down").returncode == 0
    traces.gone(own_state, k)


def test_a_proot_that_does_not_work_is_said_in_its_own_words(
    own_state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "proot"
    broken.write_text("#!/bin/sh\necho ptrace is not for you >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(tools, "proot", lambda: broken)
    with pytest.raises(ClusterError) as raised:
        embedded.start(Spec(executor="proot", images=images.ensure()))
    assert "no way to run containers on this machine" in raised.value.message
    assert "ptrace is not for you" in raised.value.message
    assert "Next step: install PRoot" in raised.value.message
    traces.gone(own_state)
