"""logs, exec, attach, port-forward and cp."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.kube import DEADLINE, Kube, container, nginx, pod, shell


@contextlib.contextmanager
def running(kube: Kube, *args: str) -> Iterator[subprocess.Popen[str]]:
    """kubectl as it runs, ended on the way out."""
    process = subprocess.Popen(
        kube.kubectl(*args),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **kube.env},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    """The next line of output, within the deadline."""
    assert process.stdout is not None
    # A byte at a time: what Python had read ahead, select would not see.
    said = b""
    while not said.endswith(b"\n"):
        assert select.select([process.stdout], [], [], DEADLINE)[0], f"no line, but {said!r}"
        said += os.read(process.stdout.fileno(), 1) or b"\n"
    return said.decode()


def test_logs_and_their_options(kube: Kube) -> None:
    # The two streams are read apart: the second one waits until the first has been read.
    lines = "for i in 1 2 3; do echo line $i; done"
    script = f"{lines}; until [ -e /tmp/go ]; do sleep 0.1; done; echo bad >&2; sleep 1000"
    kube.apply(pod("talker", shell(script)))
    kube.ready("talker")
    with running(kube, "logs", "-f", "talker") as follower:
        assert [line(follower) for _ in range(3)] == ["line 1\n", "line 2\n", "line 3\n"]
        kube.run("exec", "talker", "--", "touch", "/tmp/go")
        assert line(follower) == "bad\n"
    assert kube.logs("talker", "--tail=1") == "bad\n"
    stamped = kube.logs("talker", "--timestamps", "--tail=1")
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z bad\n", stamped)


def test_logs_follow_sees_later_lines_and_ends_with_the_container(kube: Kube) -> None:
    script = "echo early; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo late"
    kube.apply(pod("follow", shell(script), restartPolicy="Never"))
    kube.ready("follow")
    with running(kube, "logs", "-f", "follow") as follower:
        assert line(follower) == "early\n"
        kube.run("exec", "follow", "--", "touch", "/tmp/go")
        assert line(follower) == "late\n"
        assert follower.wait(DEADLINE) == 0


def test_logs_previous_shows_the_container_before_the_restart(kube: Kube) -> None:
    # The second stays: with its end the kubelet would remove the first, which is the one asked for.
    script = "[ -e /kept/seen ] && exec sleep 1000; touch /kept/seen; echo I was first; exit 1"
    keeps = shell(script, volumeMounts=[{"name": "kept", "mountPath": "/kept"}])
    kube.apply(pod("again", keeps, volumes=[{"name": "kept", "emptyDir": {}}]))
    kube.wait("jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/again")
    assert kube.logs("again", "--previous") == "I was first\n"


def test_exec_passes_output_errors_and_exit_code(kube: Kube) -> None:
    kube.run("run", "box", "--image=busybox:1.35", "--", "sleep", "1000")
    kube.ready("box")
    done = kube.run("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 7", check=False)
    assert done.returncode == 7
    assert done.stdout == "out\n"
    assert done.stderr.startswith("err\n")
    assert "exit code 7" in done.stderr
    missing = kube.run("exec", "box", "--", "no-such-program", check=False)
    assert missing.returncode == 127 or "not found" in missing.stderr
    assert "not found" in missing.stderr


def test_exec_passes_input(kube: Kube) -> None:
    kube.run("run", "box", "--image=busybox:1.35", "--", "sleep", "1000")
    kube.ready("box")
    text = "x" * 200_000 + "\nend\n"
    assert kube.run("exec", "-i", "box", "--", "cat", input=text).stdout == text


def test_exec_it_gives_a_terminal(kube: Kube) -> None:
    kube.run("run", "web", "--image=nginx:1.22")
    kube.ready("web")
    answer = on_a_terminal(
        kube.kubectl("exec", "-it", "web", "--", "/bin/bash"),
        {**os.environ, **kube.env},
        "stty size; tty; echo answer $((6*7)); exit\n",
    )
    assert "33 77" in answer  # the size of our terminal came along
    assert "/dev/pts/" in answer
    assert "answer 42" in answer


def on_a_terminal(argv: list[str], env: dict[str, str], typed: str) -> str:
    """What a program writes on a terminal of 33 lines and 77 columns, having been typed to."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    process = subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    )
    os.close(theirs)
    said, sent = "", False
    deadline = time.monotonic() + DEADLINE
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                data = os.read(ours, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not data:
                break
            said += data.decode(errors="replace")
            if not sent and ("#" in said or "$" in said):  # the prompt
                os.write(ours, typed.encode())
                sent = True
        return said
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_attach_shows_what_the_container_writes_and_sends_what_is_typed(kube: Kube) -> None:
    kube.apply(pod("echo", {**shell("while read line; do echo got $line; done"), "stdin": True}))
    kube.ready("echo")
    with running(kube, "attach", "-i", "echo") as attached:
        assert attached.stdin is not None
        attached.stdin.write("hello\n")
        attached.stdin.flush()
        for _ in range(5):
            said = line(attached)
            if said == "got hello\n":
                break
        assert said == "got hello\n"


def test_run_it_rm_runs_once_and_removes_the_pod(kube: Kube) -> None:
    done = kube.run(
        "run",
        "once",
        "--image=busybox:1.35",
        "-i",
        "--rm",
        "--restart=Never",
        "--",
        "sh",
        "-c",
        "read word; echo said $word",
        input="hello\n",
    )
    assert "said hello" in done.stdout
    assert 'pod "once" deleted' in done.stdout
    assert kube.get("pods")["items"] == []


def test_port_forward_reaches_the_pod(kube: Kube) -> None:
    kube.apply(pod("web", nginx()))
    kube.ready("web")
    with running(kube, "port-forward", "pod/web", ":80") as forward:
        said = line(forward)
        port = re.search(r"127\.0\.0\.1:(\d+) -> 80", said)
        assert port, said
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/", timeout=10) as page:
                assert b"Welcome to nginx!" in page.read()


def test_cp_copies_both_ways(kube: Kube, tmp_path: Path) -> None:
    kube.apply(pod("box", container("box", "nginx:1.22")))
    kube.ready("box")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("from here\n")
    kube.run("cp", str(tmp_path / "folder"), "box:/tmp/copied")
    assert kube.run("exec", "box", "--", "cat", "/tmp/copied/a.txt").stdout == "from here\n"
    kube.run("exec", "box", "--", "sh", "-c", "echo from there > /tmp/b.txt")
    kube.run("cp", "box:/tmp/b.txt", str(tmp_path / "b.txt"))
    assert (tmp_path / "b.txt").read_text() == "from there\n"
