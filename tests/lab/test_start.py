"""`lab start`: JupyterLab and a cluster begin together, end together, and leave nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from course import processes
from course.cluster.embedded import Embedded
from tests.faults.traces import command
from tests.support import lab_argv, processes_of

JUPYTERLAB_ENDS_WITHIN = 20.0
"""Told to end, it gives its kernels 2.5 s and then up to 5 s more; a busy machine takes longer."""

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("binary")]


class Started:
    """A `lab start` that has printed its address."""

    def __init__(self, child: subprocess.Popen[str], address: str) -> None:
        self.child = child
        self.base = address.partition("/lab")[0]
        self.page, _, self.query = address.partition("?")

    def ask(self, path: str, body: Any = None) -> Any:
        """GETs, or with a body POSTs to, Jupyter's API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/{path}?{self.query}", data)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def port(self) -> str:
        return self.base.rpartition(":")[2]


@contextmanager
def started(*arguments: str) -> Iterator[Started]:
    child = subprocess.Popen(
        lab_argv("start", "--no-browser", "--port", "0", *arguments),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if found := re.search(r"http://\S+", line):
                yield Started(child, found[0])
                break
        else:
            pytest.fail(child.communicate()[1])
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def gone(state: Path, within: float = 5.0) -> list[str]:
    """The processes that are still there after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline  # what decides is a look that began after the deadline
        left = processes_of(state)
        if not left or late:
            return left
        time.sleep(0.1)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both_and_everything_that_was_started_in_them(own_state, ending):
    with started() as lab:
        assert lab.ask("status")["started"]
        lab.ask("kernels", {"name": "python3"})
        lab.ask("terminals", {})
        inside = processes.tree(lab.child.pid)
        lab.child.send_signal(ending)
        _, err = lab.child.communicate(timeout=20)
    assert lab.child.returncode == 0, err
    assert "The cluster is gone." in err
    assert gone(own_state) == []
    assert [p for p in inside if p.alive()] == []
    assert [f.name for f in (own_state / "kubelab/kubelab").iterdir()] == ["logs"]


def test_kill_9_of_lab_start_takes_jupyterlab_and_the_cluster_with_it(own_state, lab):
    with started() as first:
        first.ask("kernels", {"name": "python3"})
        inside = processes.tree(first.child.pid)
        first.child.kill()
        first.child.communicate()
    # Of lab start's death JupyterLab hears by SIGTERM, and then ends as it does when a person asks it.
    assert gone(own_state, JUPYTERLAB_ENDS_WITHIN) == []
    assert [p for p in inside if not p.wait(JUPYTERLAB_ENDS_WITHIN)] == []
    assert "half-written" in lab("status").stdout
    with started() as second:
        second.child.send_signal(signal.SIGINT)
        second.child.communicate(timeout=20)


def test_the_address_is_printed_only_when_jupyterlab_listens(own_state, tmp_path, monkeypatch):
    # Jupyter binds its port from its event loop: here the loop is busy until well after the file
    # that says where the server is has been written.
    config = tmp_path / "jupyter_server_config.py"
    busy = "import time, asyncio\nasyncio.get_event_loop().call_soon(time.sleep, 3)\n"
    config.write_text(busy)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    with started() as lab:
        assert lab.ask("status")["started"]
        lab.child.send_signal(signal.SIGINT)
        lab.child.communicate(timeout=20)


def test_the_end_of_the_cluster_ends_jupyterlab_and_says_so(own_state):
    with started() as lab:
        keeper = Embedded().keeper
        assert keeper
        keeper.signal(signal.SIGKILL)
        _, err = lab.child.communicate(timeout=20)
    assert lab.child.returncode == 1
    assert "ERROR: the cluster 'kubelab' died" in err
    assert "Traceback" not in err
    assert gone(own_state) == []


def test_a_cluster_that_ran_before_is_used_and_left_running(own_state, lab):
    assert lab("up").returncode == 0
    keeper = Embedded().keeper
    with started() as inside:
        assert "would end with it" in lab("reset").stderr
        inside.child.send_signal(signal.SIGINT)
        _, err = inside.child.communicate(timeout=20)
    assert "is left running" in err
    assert lab("status").returncode == 0
    assert Embedded().keeper == keeper
    assert lab("down").returncode == 0


def test_a_kernel_reaches_pods_and_has_the_clusters_kubeconfig(own_state):
    with started() as lab:
        assert lab.page.endswith("/lab/tree/start.ipynb")
        assert lab.ask("contents/start.ipynb")["type"] == "notebook"
        with urllib.request.urlopen(f"{lab.page}?{lab.query}", timeout=30) as answer:  # noqa: S310
            assert b"static/launcher.js" in answer.read()  # the launcher's card
        kernel = lab.ask("kernels", {"name": "python3"})
        assert kernel["id"]
        environments = [
            (Path("/proc") / str(p.pid) / "environ").read_bytes().split(b"\0")
            for p in processes.tree(lab.child.pid)
            if "ipykernel" in command(p.pid)  # empty for one that has ended since
        ]
        wanted = b"KUBECONFIG=" + os.fsencode(Embedded().kubeconfig)
        assert environments
        assert all(wanted in environment for environment in environments)
        lab.child.send_signal(signal.SIGINT)
        lab.child.communicate(timeout=20)
