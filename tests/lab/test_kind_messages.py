"""What `lab up --cluster kind` says where Docker cannot be used: a message for each reason, and the way out.

Docker is a script here: a machine has one fault at most, and the tests want them all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Lab
from tests.support import said_error

_WAY_OUT = "leave out --cluster kind"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH with what the lab itself needs, and no Docker."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "env"):
        (folder / name).symlink_to(
            f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}"
        )
    return folder


def docker(folder: Path, script: str, name: str = "docker") -> None:
    """A `docker` that does what the script does, whatever it is asked."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Cannot connect to the Docker daemon at unix:///x. Is it running?' >&2; exit 1",
         ("docker does not run", "Cannot connect", "systemctl start docker")),
        ("echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1",
         ("may not use docker", "permission denied", "usermod -aG docker", "log in anew")),
        ("echo ' 0'; echo 'errors pretty printing info' >&2",
         ("docker does not run",)),
        ("echo '2 536870912'",
         ("512 MiB", "1 node(s)", "1024", "Give it more")),
    ],
    ids=["not running", "not permitted", "an old client without a daemon", "too little memory"],
)  # fmt: skip
def test_each_reason_has_its_message(
    lab: Lab, own_state: Path, programs: Path, script: str, words: tuple[str, ...]
) -> None:
    docker(programs, script)
    said = lab("up", "--cluster", "kind", "--name", "k", env={"PATH": os.fspath(programs)})
    said_error(said, *words, _WAY_OUT)
    assert not any(own_state.rglob("kubeconfig"))


def test_no_engine_at_all(lab: Lab, own_state: Path, programs: Path) -> None:
    said = lab("up", "--cluster", "kind", "--name", "k", env={"PATH": os.fspath(programs)})
    said_error(said, "neither Docker nor Podman was found", "Install Docker", _WAY_OUT)


def test_podman_is_taken_where_there_is_no_docker(
    lab: Lab, own_state: Path, programs: Path
) -> None:
    docker(programs, "echo 'v2 536870912'", name="podman")
    said = lab("up", "--cluster", "kind", "--name", "k", env={"PATH": os.fspath(programs)})
    said_error(said, "podman has 512 MiB")
