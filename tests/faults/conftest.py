from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from course import images, processes
from course.cluster import embedded, namespaces, tools
from course.cluster.base import Spec
from course.cluster.embedded import Embedded
from course.progress import silent
from tests.cluster.kube import Kube, pod, service
from tests.faults import traces
from tests.support import end_processes_of

FROM_A_CONTAINER = (
    "echo go | kubectl run one --image=busybox:1.35 --restart=Never -q -i"
    " -- sh -c 'read go; echo from a container'"
)
"""A pod that speaks when it is spoken to: what it said before kubectl is attached would be lost."""
RECOVERY = 30.0
"""Seconds for each step of a recovery; idle machines take 1 to 5, and a busy one a lot more."""


@pytest.fixture(scope="module")
def module_state() -> Iterator[Path]:
    """An XDG_STATE_HOME of one test file, of which nothing may be left."""
    folder = Path(tempfile.mkdtemp(prefix="kl-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder
    left = traces.processes_with(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"processes were left: {left}"


@dataclass
class Victim:
    """A running cluster with a web server behind a Service, on which processes are killed."""

    state: Path
    cluster: Embedded
    kube: Kube
    keeper: processes.ProcessId
    k: int
    shape: list[str]
    probes: int = 0

    def pid(self, component: str) -> int:
        """The pid of a component as the keeper has it; 0 while it is down."""
        return {c.name: c.pid for c in self.cluster.status().components}[component]

    def container_id(self, pod_name: str) -> str:
        """The id of a pod's running container; waits while it does not run or is not ready."""
        return str(traces.until(lambda: self.ready_id(pod_name), RECOVERY, f"{pod_name} is ready"))

    def ready_id(self, pod_name: str) -> str:
        """The id of a pod's running container; empty while it is not ready, or nobody answers."""
        found = json.loads(self._asks("get", "pod", pod_name, "-o", "json") or "{}")
        first = (found.get("status", {}).get("containerStatuses") or [{}])[0]
        return first.get("containerID", "") if first.get("ready") else ""

    def _asks(self, *args: str, input: str | None = None) -> str:
        """What kubectl says; empty for a question that is refused or not answered, as after a kill."""
        try:
            done = self.kube.run(*args, input=input, check=False, timeout=10)
        except subprocess.TimeoutExpired:
            return ""
        return "" if done.returncode else done.stdout

    def recovers(self, killed: int) -> None:
        """Holds the cluster to being whole again, each step within RECOVERY, and to have no orphans."""
        began = time.monotonic()
        self.probes += 1
        job = probe(f"probe-{self.probes}")
        done = ("get", "job", job["metadata"]["name"], "-o", "jsonpath={.status.succeeded}")
        steps: list[tuple[str, Callable[[], object]]] = [
            ("the killed process is gone", lambda: not processes.of(killed)),
            ("components run", self._all_run),
            ("API answers", self._api_answers),
            ("web is ready", lambda: self.ready_id("web")),
            ("Service answers", self._service_answers),
            ("a job is made", lambda: self._asks("apply", "-f", "-", input=json.dumps(job))),
            ("its new pod runs", lambda: self._asks(*done) == "1"),
            ("status is ready", lambda: self.cluster.status().state == "ready"),
        ]
        took = []
        for what, look in steps:
            traces.until(look, RECOVERY, what)
            took.append(f"{what} {time.monotonic() - began:.1f}")
        self.has_its_shape()
        assert self.cluster.keeper == self.keeper
        print("; ".join(took))  # pytest shows it with a failure, or with -s

    def _all_run(self) -> bool:
        return all(c.state == "running" and c.pid for c in self.cluster.status().components)

    def _api_answers(self) -> bool:
        return self._asks("get", "--raw", "/readyz") == "ok"

    def _service_answers(self) -> bool:
        ask = ["curl", "-sS", "-m", "5", f"http://web.{self.kube.namespace}"]
        try:
            said = self.kube.command(self.kube.enter(ask), check=False, timeout=10)
        except subprocess.TimeoutExpired:
            return False
        return "Welcome to nginx!" in said.stdout

    def settles(self) -> None:
        """Takes down what runs, once the web server has its workers."""
        traces.until(self._service_answers, RECOVERY, "the Service answers")
        self.shape = traces.shape(self.keeper.pid)

    def has_its_shape(self) -> None:
        """Holds the cluster to running what it ran at first: no orphan, and nothing missing."""
        traces.until(
            lambda: traces.shape(self.keeper.pid) == self.shape, RECOVERY,
            lambda: f"the processes {traces.shape(self.keeper.pid)} are again {self.shape}",
        )  # fmt: skip


def probe(name: str) -> dict[str, Any]:
    """A job: of the controller manager, the scheduler, the kubelet, the runtime and the registry none may fail."""
    box = {
        "name": "main",
        "image": "busybox:1.35",
        "imagePullPolicy": "Always",
        "command": ["true"],
    }
    template = {"spec": {"containers": [box], "restartPolicy": "Never"}}
    # Long enough for somebody to see that it is complete.
    spec = {"template": template, "ttlSecondsAfterFinished": 60}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module", params=["auto"])
def executor(request: pytest.FixtureRequest) -> str:
    """How the victim's containers run; a file that wants other ways says so."""
    return str(request.param)


@pytest.fixture(scope="module")
def victim(module_state: Path, binary: Path, executor: Any) -> Iterator[Victim]:
    """The cluster that a file's tests share."""
    if executor == "userns" and not (tools.bwrap() and namespaces.open_to(tools.bwrap())):
        pytest.skip("user namespaces are closed here")
    if executor == "proot" and not tools.proot():
        pytest.skip("PRoot is not here")
    cluster, _ = embedded.start(
        Spec(name="victim", executor=executor, images=images.ensure(silent))
    )
    assert cluster.keeper
    kube = Kube(cluster.env(), "default", cluster.shell_argv)
    kube.apply(
        pod("web", {"name": "web", "image": "nginx:1.22"}),
        service("web", {"app": "web"}),
    )
    kube.ready("web")
    k = cluster.status().k
    made = Victim(module_state, cluster, kube, cluster.keeper, k, [])
    made.settles()
    yield made
    if cluster.keeper:
        cluster.delete()
    traces.gone(module_state, k, "victim")
