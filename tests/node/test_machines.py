"""A node's own files over the machine's, in both ways in which they are put there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from course.cluster import namespaces, tools
from course.cluster.machines import OWN, Machine

Make = Callable[[str], Machine]


@pytest.fixture
def make(tmp_path: Path, binary: Path) -> Make:
    """A machine in one of the two ways, userns or proot."""

    def made(way: str) -> Machine:
        bubble = tools.bwrap() if way == "userns" else None
        if way == "userns" and (bubble is None or not namespaces.open_to(bubble)):
            pytest.skip("user namespaces are closed here")
        proot = shutil.which("proot") if way == "proot" else None
        if way == "proot" and not proot:
            pytest.skip("there is no PRoot here")
        data = tmp_path / way
        (data / "run").mkdir(parents=True)
        neighbours = [("172.18.0.2", "first"), ("172.18.0.3", "second")]
        podling, programs = binary / "podling", (str(bubble or ""), proot or "")
        return Machine("first", "127.9.254.2", data, data / "run", podling, neighbours, *programs)

    return made


@pytest.fixture(params=["userns", "proot"])
def machine(request: pytest.FixtureRequest, make: Make) -> Machine:
    return make(request.param)


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
        name = f"of-a-test-{machine.data.parent.name}"
        done = run(machine, f"mkdir -p /{own}/deep && echo mine > /{own}/deep/{name}")
        assert done.returncode == 0, done.stderr
        assert (machine.root / own / "deep" / name).read_text() == "mine\n"
        assert not (Path("/") / own / "deep" / name).exists()
        again = run(machine, f"cat /{own}/deep/{name}; ls -l /{own}/deep; find /{own} -name {name}")
        assert again.returncode == 0, again.stderr
        assert again.stdout.count(name) == 2


def begun(machine: Machine, script: str) -> subprocess.Popen[str]:
    """A command that has begun, and goes on with the script when it is written a line."""
    process = subprocess.Popen(
        machine.argv(["sh", "-c", f"echo begun; read line; {script}"]), env=os.environ | machine.env(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def test_the_end_of_one_command_takes_no_folder_from_another(make: Make) -> None:
    # PRoot, run by root, makes a mount point that the machine lacks, and removes it in the end:
    # what others have mounted there goes with it.
    other, machine = make("proot"), make("userns")
    first = begun(other, "true")
    second = begun(machine, "mkdir -p /etc/rancher/deep && touch /etc/rancher/deep/file")
    for process in (first, second):
        said, _ = process.communicate("\n", timeout=30)
        assert process.returncode == 0, said
    assert (machine.root / "etc/rancher/deep/file").exists()


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
