"""`kind create cluster`, followed to its end, and what is waited for after it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from course import processes
from course.cluster import tools
from course.cluster.kind import command
from course.errors import ClusterTimeoutError

Say = Callable[[str, str], None]
"""Is told a stage and a message."""


def spawn(
    program: Path, name: str, document: str, kubeconfig: Path, engine: str
) -> subprocess.Popen[str]:
    """Starts kind with a configuration; it ends with this process."""
    argv = [str(program), "create", "cluster", "--name", name, "--config", "-"]
    child = subprocess.Popen(
        [*argv, "--kubeconfig", str(kubeconfig)],
        env=command.env(engine),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=processes.die_with_parent,
    )
    assert child.stdin  # noqa: S101 - asked for above
    with contextlib.suppress(BrokenPipeError), child.stdin as stdin:
        stdin.write(document)
    return child


def follow(child: subprocess.Popen[str], log: Path, end: float, say: Say) -> str:
    """Reads what kind says until it ends, or until `end`; each step that it has done is told.

    Returns:
        its last words where it failed, else nothing.
    """
    assert child.stderr  # noqa: S101 - asked for when it was started
    said: list[str] = []
    with log.open("w") as file, child.stderr as lines:
        timer = threading.Timer(max(0.0, end - time.monotonic()), child.kill)
        timer.start()
        try:
            for line in lines:
                file.write(line)
                said.append(line.rstrip())
                if line.startswith(" ✓ "):
                    say("kind", line[3:].encode("ascii", "ignore").decode().strip())
        finally:
            timer.cancel()
    return "\n".join(said[-8:]) or "nothing" if child.wait() else ""


def wait_ready(name: str, kubeconfig: Path, end: float, say: Say) -> None:
    """Waits until a pod can run and names are found.

    Raises:
        ClusterTimeoutError: it did not get there; the message has what was last seen.
    """
    for stage, message, words in _READY:
        _kubectl_wait(name, kubeconfig, words, end, stage)
        say(stage, message)


def _kubectl_wait(
    name: str, kubeconfig: Path, words: Sequence[str], end: float, stage: str
) -> None:
    left = max(1, int(end - time.monotonic()))
    argv = [str(tools.kubectl()), "--kubeconfig", str(kubeconfig), *words, f"--timeout={left}s"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClusterTimeoutError(
            f"the cluster {name!r} was not ready in time; {stage}: {done.stderr.strip()}",
            f"Look closer: kubectl --kubeconfig {kubeconfig} get pods -A",
        )


_READY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("nodes", "every node is Ready", ("wait", "node", "--all", "--for=condition=Ready")),
    (
        "serviceaccount",
        "the default ServiceAccount is there",
        ("wait", "serviceaccount/default", "--for=create"),
    ),
    (
        "dns",
        "names are answered",
        ("wait", "deployment/coredns", "-n", "kube-system", "--for=condition=Available"),
    ),
)
