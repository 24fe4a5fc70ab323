"""A node's own files over the machine's, in both ways in which they are put there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from course.cluster import namespaces, tools
from course.cluster.machines import OWN, Machine


@pytest.fixture(params=["userns", "proot"])
def machine(request: pytest.FixtureRequest, tmp_path: Path, binary: Path) -> Machine:
    bubble = tools.bwrap() if request.param == "userns" else None
    if request.param == "userns" and (bubble is None or not namespaces.open_to(bubble)):
        pytest.skip("user namespaces are closed here")
    proot = shutil.which("proot") if request.param == "proot" else None
    if request.param == "proot" and not proot:
        pytest.skip("there is no PRoot here")
    (tmp_path / "run").mkdir()
    neighbours = [("172.18.0.2", "first"), ("172.18.0.3", "second")]
    names = (str(bubble or ""), proot or "")
    return Machine(
        "first", "127.9.254.2", tmp_path, tmp_path / "run", binary / "podling", neighbours, *names
    )


def run(machine: Machine, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        machine.argv(["sh", "-c", script]),
        env=os.environ | machine.env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_what_is_written_into_its_own_folders_stays_the_nodes(machine: Machine) -> None:
    for own in OWN:
        name = f"of-a-test-{machine.data.name}"
        done = run(machine, f"mkdir -p /{own}/deep && echo mine > /{own}/deep/{name}")
        assert done.returncode == 0, done.stderr
        assert (machine.root / own / "deep" / name).read_text() == "mine\n"
        assert not (Path("/") / own / "deep" / name).exists()
        again = run(machine, f"cat /{own}/deep/{name}; ls -l /{own}/deep; find /{own} -name {name}")
        assert again.returncode == 0, again.stderr
        assert again.stdout.count(name) == 2


def test_the_machines_other_files_are_there(machine: Machine) -> None:
    done = run(machine, "ls /etc/passwd /usr/bin/env && readlink -f /bin/sh && pwd && id -u")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["/", "0"]


def test_it_knows_its_neighbours_and_the_mirror(machine: Machine) -> None:
    hosts = run(machine, "cat /etc/hosts /etc/hostname").stdout
    for line in ("172.18.0.3\tsecond", "172.18.0.250\tmirror.lab"):
        assert line in hosts
    assert hosts.endswith("first\n")


def test_no_run_of_many_loses_its_output(machine: Machine) -> None:
    # PRoot lost one in ten where the launcher executed the program in another thread than its first.
    assert {run(machine, "echo here").stdout for _ in range(40)} == {"here\n"}


def test_a_program_that_is_not_there_is_named(machine: Machine) -> None:
    done = subprocess.run(
        machine.argv(["no-such-program"]), env=os.environ | machine.env(), capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode != 0
    assert "no-such-program" in done.stderr
