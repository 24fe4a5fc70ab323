"""A cluster's state folder: who runs it, what is stale in it, and how it goes."""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from course import paths, processes
from course.cluster.base import Spec
from course.errors import ClusterError

_LONGEST_SOCKET = "run/node-99/import.sock"
_UNIX_PATH_MAX = 107  # bytes of a unix socket's path, unix(7)

Condition = Literal["absent", "stopped", "running", "broken"]


@dataclass(frozen=True)
class State:
    """The folder of one cluster."""

    name: str

    @property
    def folder(self) -> Path:
        """STATE itself."""
        return paths.cluster_state(self.name)

    @property
    def run(self) -> Path:
        """Sockets and keeper.json, which mean something only while the cluster runs."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """The logs, which outlive the cluster."""
        return self.folder / "logs"

    @property
    def identity(self) -> Path:
        """keeper.json: who the keeper is; it is written when the keeper's sockets answer."""
        return self.run / "keeper.json"

    @property
    def control_socket(self) -> Path:
        """Where the keeper's control API answers."""
        return self.run / "keeper.sock"

    @property
    def launch_socket(self) -> Path:
        """Where podling-launch hands over a process's listener."""
        return self.run / "launch.sock"

    @property
    def errand_socket(self) -> Path:
        """Where the keeper takes commands to run on nodes."""
        return self.run / "errand.sock"

    def last_words(self, component: str, lines: int = 5) -> str:
        """The end of a component's log; empty where there is none."""
        try:
            with (self.logs / f"{component}.log").open(errors="replace") as log:
                return "\n".join(deque((line.rstrip() for line in log), maxlen=lines))
        except OSError:
            return ""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def student_kubeconfig(self) -> Path:
        """The student's kubeconfig, whose user has no rights of its own."""
        return self.folder / "student.kubeconfig"

    @property
    def spec_file(self) -> Path:
        """cluster.json, from which the keeper knows what to start."""
        return self.folder / "cluster.json"

    def keeper(self) -> processes.ProcessId | None:
        """The keeper of this cluster, if it runs."""
        data = _read_json(self.identity)
        try:
            found = processes.ProcessId(int(data["pid"]), int(data["startTime"]))
        except (KeyError, TypeError, ValueError):
            # Lost or half-written: a keeper may live all the same, and would keep its network. So it
            # does where somebody removed the whole folder under it.
            return self._keeper_by_command()
        return found if found.alive() else None

    def _keeper_by_command(self) -> processes.ProcessId | None:
        wanted = b"podling\0keep\0" + os.fsencode(self.folder) + b"\0"
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if command.endswith(wanted):
                return processes.of(int(entry.name))
        return None

    def condition(self) -> Condition:
        """What the folder says: 'broken' is one that a crash, or a full disk, left half-written."""
        if not self.folder.is_dir():
            return "absent"
        if self.keeper():
            return "running"
        left = {entry.name for entry in self.folder.iterdir()} - {"logs"}
        return "broken" if left else "stopped"

    def spec(self) -> dict[str, Any]:
        """cluster.json as it is; empty where there is none or it is damaged."""
        return _read_json(self.spec_file)

    def write_spec(self, spec: Spec, binaries: Path, tools: dict[str, str]) -> None:
        """Makes the folder and writes cluster.json whole or not at all.

        Raises:
            ClusterError: the folder's path is too long for the sockets in it.
        """
        if len(os.fsencode(self.folder / _LONGEST_SOCKET)) > _UNIX_PATH_MAX:
            raise ClusterError(
                f"the path {self.folder} is too long: a unix socket's path in it must stay under "
                f"{_UNIX_PATH_MAX + 1} bytes.",
                "Set XDG_STATE_HOME to a shorter path, or give the cluster a shorter name.",
            )
        if self.folder.exists() and not self.folder.is_dir():
            raise ClusterError(
                f"{self.folder}, where the cluster's state belongs, is not a folder.",
                "Remove it, or give the cluster another name: --name NAME",
            )
        for folder in (self.folder, self.run, self.logs, self.folder / "data"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = {
            "name": spec.name,
            "nodes": spec.nodes,
            "bin": str(binaries),
            "executor": spec.executor,
            "images": str(spec.images or ""),
            "registries": str(spec.registries or ""),
            **tools,
        }
        half = self.spec_file.with_suffix(".tmp")
        half.write_text(json.dumps(data, indent=2) + "\n")
        half.replace(self.spec_file)

    def as_spec(self, data: dict[str, Any]) -> Spec:
        """What `write_spec` wrote, to make the same cluster anew."""
        return Spec(
            name=self.name,
            nodes=int(data.get("nodes", 1)),
            executor=data.get("executor", "auto"),
            images=Path(data["images"]) if data.get("images") else None,
            registries=Path(data["registries"]) if data.get("registries") else None,
        )

    def remove(self) -> None:
        """Removes everything but the logs.

        Raises:
            ClusterError: something in the folder cannot be removed.
        """
        if not self.folder.is_dir():
            return
        for entry in self.folder.iterdir():
            if entry.name != "logs":
                _remove(entry)


def names() -> list[str]:
    """The clusters that have a state folder."""
    home = paths.state_home()
    return sorted(f.name for f in home.iterdir() if f.is_dir()) if home.is_dir() else []


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _remove(entry: Path) -> None:
    try:
        if not entry.is_dir() or entry.is_symlink():
            entry.unlink(missing_ok=True)
            return
        shutil.rmtree(entry, onerror=_open_up_and_retry)
    except OSError as error:
        raise ClusterError(
            f"{entry} could not be removed: {error.strerror or error}.",
            f"Remove it by hand: rm -rf {entry}",
        ) from error


def _open_up_and_retry(function: Any, path: str, _info: Any) -> None:
    """Images hold folders without the write bit; their owner may set it and then remove them."""
    if not Path(path).exists() and not Path(path).is_symlink():
        return
    Path(path).parent.chmod(0o700)
    if Path(path).is_dir() and not Path(path).is_symlink():
        Path(path).chmod(0o700)
        if function is not os.rmdir:
            shutil.rmtree(path, onerror=_open_up_and_retry)
            return
    function(path)
