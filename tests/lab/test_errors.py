"""What goes wrong is said with the next step, exit code 1, and without a traceback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from course import paths
from course.cluster import binary, tools
from tests.support import lab_argv, said_error


def test_no_binary_and_no_go_says_what_to_install(lab, own_state, tmp_path):
    said = lab("up", env={"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)})
    said_error(said, "there is no Go toolchain", "Install Go")


def test_a_go_that_is_too_old_is_said(lab, own_state, tmp_path):
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    go.chmod(0o755)
    said = lab(
        "up", env={"XDG_CACHE_HOME": str(tmp_path / "c"), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    said_error(said, "go1.19.8", "is too old", "Install Go")


def test_a_build_that_fails_shows_the_compilers_words(lab, own_state, tmp_path):
    go = tmp_path / "go"
    go.write_text(
        "#!/bin/sh\ncase $1 in\nversion) echo go version go1.26.0 linux/amd64;;\n"
        f"env) echo {tmp_path};;\nlist) echo one;;\n*) echo x.go:1: no such thing; exit 1;;\nesac\n"
    )
    go.chmod(0o755)
    said = lab(
        "up", env={"XDG_CACHE_HOME": str(tmp_path / "c"), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    said_error(said, "x.go:1: no such thing", "build-podling.log")
    assert not [f for f in (tmp_path / "c/kubelab/bin").iterdir() if f.is_dir()], (
        "half a build was left"
    )


def test_a_name_that_cannot_be_one_is_refused_before_anything_is_built(lab, own_state):
    said_error(lab("up", "--name", "../etc"), "cannot be a cluster's name", "--name my-lab")


def test_a_language_that_is_not_there_names_those_that_are(lab, own_state):
    said_error(
        lab("start", "--lang", "tlh", "--no-browser"), "no notebooks in the language 'tlh'", "en"
    )


def test_a_lesson_that_is_not_there_names_those_that_are(lab, own_state):
    said_error(lab("run", "cooking"), "there is no lesson 'cooking'", "pods")


def test_a_port_that_is_taken_is_said_before_the_cluster_starts(lab, own_state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = lab("start", "--no-browser", "--port", str(port))
    said_error(said, f"port {port} cannot be used", "--port N")
    assert not list(own_state.rglob("cluster.json"))


def test_a_command_on_a_cluster_that_is_not_running_says_how_to_start_it(lab, own_state):
    said_error(lab("shell", "--", "true"), "is not running", "./lab up")
    said_error(lab("reset", "--name", "other"), "is not running", "./lab up --name other")
    assert lab("status").returncode == 3
    assert lab("down").returncode == 0


def test_a_folder_without_submissions_says_the_layout(lab, own_state, tmp_path):
    said_error(lab("grade", str(tmp_path)), "no submissions", "submitted/STUDENT")


def test_debug_shows_the_traceback(lab, own_state):
    said = lab("--debug", "up", "--name", "../etc")
    assert said.returncode == 1
    assert "Traceback" in said.stderr


def test_a_state_path_too_long_for_unix_sockets_is_said(lab, own_state, binary):
    long = own_state / ("x" * 90)
    said_error(lab("up", env={"XDG_STATE_HOME": str(long)}), "is too long", "XDG_STATE_HOME")


def test_a_machine_without_any_executor_is_said(monkeypatch):
    monkeypatch.setattr(tools, "bwrap", lambda: None)
    monkeypatch.setattr(tools, "proot", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda *_a, **_k: None)
    with pytest.raises(tools.ToolError, match=r"neither user namespaces .* nor PRoot") as raised:
        tools.executors()
    assert "apt install proot" in raised.value.next_step


def on_a_full_disk(
    *arguments: str, variable: str, megabytes: int
) -> subprocess.CompletedProcess[str]:
    """Runs lab with an XDG folder on a small tmpfs, in a mount namespace of its own."""
    script = (
        'set -e; d=$(mktemp -d); trap "umount $d; rmdir $d" EXIT; '
        f'mount -t tmpfs -o size={megabytes}m none "$d"; export {variable}="$d"; "$@"'
    )
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    tried = subprocess.run([*unshare, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("no tmpfs can be mounted here: user namespaces are closed")
    return subprocess.run(
        [*unshare, *lab_argv(*arguments)], capture_output=True, text=True, timeout=120,
        cwd=paths.ROOT, env=dict(os.environ), check=False,
    )  # fmt: skip


@pytest.mark.skipif(
    not shutil.which("go"), reason="without Go the build stops before it needs the disk"
)
def test_a_disk_too_full_for_a_build_is_said_before_it(own_state):
    said_error(
        on_a_full_disk("up", variable="XDG_CACHE_HOME", megabytes=20),
        "building the cluster's binary needs 500 MiB",
        "Free some space",
    )


def test_a_disk_too_full_for_a_cluster_is_said_before_it(own_state, binary):
    said_error(
        on_a_full_disk("up", variable="XDG_STATE_HOME", megabytes=20),
        "a new cluster needs 300 MiB",
        "Free some space",
    )


def test_the_binary_is_keyed_by_the_sources_that_make_it(monkeypatch, tmp_path):
    sources = tmp_path / "podling"
    sources.mkdir()
    (sources / "go.mod").write_text("module x\n\ngo 1.26\n")
    (sources / "a.go").write_text("package a\n")
    monkeypatch.setattr(paths, "PODLING_SOURCES", sources)
    first = binary.sources_hash()
    (sources / "a_test.go").write_text("package a\n")
    assert binary.sources_hash() == first
    (sources / "a.go").write_text("package a // changed\n")
    assert binary.sources_hash() != first
