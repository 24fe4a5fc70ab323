from __future__ import annotations

import shutil
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
        """The id of a pod's running container; empty while it does not run or is not ready."""
        found = self.kube.get("pod", pod_name)["status"].get("containerStatuses") or [{}]
        return found[0].get("containerID", "") if found[0].get("ready") else ""

    def recovers(self, killed: int) -> None:
        """Holds the cluster to being whole again, each step within RECOVERY, and to have no orphans."""
        began = time.monotonic()
        steps: list[tuple[str, Callable[[], object]]] = [
            ("the killed process is gone", lambda: not processes.of(killed)),
            ("components run", self._all_run),
            ("API answers", self._api_answers),
            ("web is ready", lambda: self.container_id("web")),
            ("Service answers", self._service_answers),
            ("a new pod runs", self._a_new_pod_runs),
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
        return self.kube.run("get", "--raw", "/readyz", check=False, timeout=10).stdout == "ok"

    def _service_answers(self) -> bool:
        ask = ["curl", "-sS", "-m", "5", f"http://web.{self.kube.namespace}"]
        said = self.kube.command(self.kube.enter(ask), check=False)
        return "Welcome to nginx!" in said.stdout

    def _a_new_pod_runs(self) -> bool:
        self.probes += 1
        job = probe(f"probe-{self.probes}")
        self.kube.apply(job)
        self.kube.wait("condition=Complete", f"job/{job['metadata']['name']}", timeout=RECOVERY)
        return True

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
    spec = {"template": template, "ttlSecondsAfterFinished": 0}
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
