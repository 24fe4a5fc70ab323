"""What a command on a node of the embedded cluster sees: the machine's files, and the node's own over them.

All nodes share this machine, but each has folders that a real one would have for itself: the container
runtime's and K3s's configuration, logs, a USB stick. They lie in the cluster's state, and appear in their
places by bwrap where user namespaces are open, by PRoot elsewhere. Changes to them last as long as the cluster.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.cluster import namespaces, tools
from course.cluster.base import Status
from course.cluster.state import State
from course.errors import UsageError

OWN = ("etc/containerd", "etc/rancher", "var/lib/rancher", "var/log", "media/usb")
"""A node's own folders; podling/internal/spec has the same list."""
MIRROR = ("172.18.0.250", "mirror.lab")
"""The registry of the lessons on mirrors; as in podling/internal/addr."""
_PROGRAMS = ("crictl", "ctr", "systemctl")


@dataclass(frozen=True)
class Machine:
    """One node: where its files are, and with what they are put in place.

    Attributes:
        name: the node's name.
        address: the loopback address that carries the node's.
        data: its folder in the cluster's state; its own files are in `root` there.
        run: its sockets.
        podling: the binary that is crictl, ctr and systemctl there.
        neighbours: the addresses and names of all nodes.
        bwrap, proot: the programs, empty where they cannot be used.
    """

    name: str
    address: str
    data: Path
    run: Path
    podling: Path
    neighbours: Sequence[tuple[str, str]]
    bwrap: str
    proot: str

    @property
    def launch(self) -> list[str]:
        """The launcher's options for a program on this node."""
        return ["--address", self.address, "--fake-ids", "--hostname", self.name]

    @property
    def root(self) -> Path:
        """Its own files, below the names that they have on it."""
        return self.data / "root"

    def argv(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` among the node's files."""
        self._make()
        if self.bwrap and namespaces.open_to(Path(self.bwrap)):
            return [self.bwrap, *self._bubble(), "--", *argv]
        binds = [text for source, target in self._binds() for text in ("-b", f"{source}:{target}")]
        launcher = str(self.podling.with_name("podling-launch"))
        return [self.proot, "-0", *binds, "-w", "/", launcher, "old-tracer", *argv]

    def env(self) -> Mapping[str, str]:
        """The variables that crictl and ctr know, systemctl's own, and PATH with the three first."""
        return {
            "CONTAINER_RUNTIME_ENDPOINT": f"unix://{self.run / 'cri.sock'}",
            "CONTAINERD_ADDRESS": str(self.run / "import.sock"),
            "KUBELAB_SYSTEM_SOCKET": str(self.run / "system.sock"),
            "PATH": f"{self.data / 'bin'}{os.pathsep}{tools.search_path()}",
            "PROOT_TMP_DIR": str(self.data / "tmp"),
        }

    def _make(self) -> None:
        for own in OWN:
            (self.root / own).mkdir(parents=True, exist_ok=True)
        for folder in ("bin", "tmp"):
            (self.data / folder).mkdir(exist_ok=True)
        links = {self.data / "bin" / program: self.podling for program in _PROGRAMS}
        links |= {self.root / "var/log" / k: self.data / "logs" / k for k in ("pods", "containers")}
        for link, target in links.items():
            with contextlib.suppress(FileExistsError):
                link.symlink_to(target)
        hosts = self.root / "etc/hosts"
        if not hosts.exists():
            lines = [f"{address}\t{name}" for address, name in (*self.neighbours, MIRROR)]
            hosts.write_text(_text(Path("/etc/hosts")) + "\n".join(lines) + "\n")
            (self.root / "etc/hostname").write_text(self.name + "\n")

    def _binds(self) -> list[tuple[Path, Path]]:
        return [(self.root / own, Path("/") / own) for own in (*OWN, "etc/hosts", "etc/hostname")]

    def _bubble(self) -> list[str]:
        options = ["--unshare-user", "--unshare-uts", "--hostname", self.name]
        options += ["--uid", "0", "--gid", "0"]
        binds = self._binds()
        # bwrap makes a missing mount point on the machine itself: a folder that lacks one gets its
        # likeness, with the same entries, and the mount point in it. So does one whose mount point may
        # be PRoot's, of another command: with its end it would go, and what is mounted there, too.
        gaps = {_gap(target) for _, target in binds if _comes_and_goes(target)}
        folders = sorted({gap.parent for gap in gaps})
        if Path("/") not in folders:
            options += ["--dev-bind", "/", "/"]
        for folder in folders:
            options += _likeness(folder, but=gaps)
        for source, target in binds:
            options += ["--bind", str(source), str(target)]
        return [*options, "--chdir", "/"]


def find(state: State, status: Status, node: str) -> Machine:
    """The node of that name or address; an empty one means the first.

    Raises:
        UsageError: the cluster has none such.
    """
    fitting = [i for i, n in enumerate(status.nodes) if node in ("", n.name, n.address)]
    if not fitting:
        there = ", ".join(n.name for n in status.nodes) or "none yet"
        raise UsageError(f"the cluster {status.cluster!r} has no node {node!r}; it has: {there}.")
    index, spec = fitting[0], state.spec()
    return Machine(
        name=status.nodes[index].name,
        address=f"127.{status.k}.254.{index + 2}",  # as in podling/internal/addr
        data=state.folder / "data" / f"node-{index}",
        run=state.run / f"node-{index}",
        podling=Path(spec.get("bin", "")) / "podling",
        neighbours=[(n.address, n.name) for n in status.nodes],
        bwrap="" if spec.get("executor") == "proot" else spec.get("bwrap", ""),
        proot=spec.get("proot", ""),
    )


def _gap(target: Path) -> Path:
    """The first part of a path that is not there, as /media in /media/usb: its folder is."""
    return target if target.parent.exists() else _gap(target.parent)


def _comes_and_goes(target: Path) -> bool:
    """Whether it is not there, or a folder without entries, as PRoot's mount points are."""
    try:
        return next(target.iterdir(), None) is None
    except (NotADirectoryError, PermissionError):
        return False
    except FileNotFoundError:
        return True


def _likeness(folder: Path, but: Collection[Path]) -> list[str]:
    """A folder with the entries of `folder`, in which there may be more; not those in `but`."""
    options = ["--tmpfs", str(folder)]
    for entry in sorted(set(folder.iterdir()).difference(but)):
        if entry.is_symlink():
            options += ["--symlink", str(entry.readlink()), str(entry)]
        else:
            options += ["--dev-bind-try", str(entry), str(entry)]
    return options


def _text(file: Path) -> str:
    try:
        text = file.read_text()
    except OSError:
        return ""
    return text if text.endswith("\n") else text + "\n"
