"""The images that kubeadm starts on a node, built from the kit's programs: an OCI layout in the cache."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from course.errors import BuildError
from course.images import apt as debian
from course.images import build, debs, oci, spec
from course.images.tree import Entry, Tree
from course.kit import programs
from course.progress import Progress

DEFINITIONS = Path(__file__).parent / "definitions"
HYPERKUBE = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
)
"""The names under which images call hyperkube."""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BIN = "usr/local/bin"


def fill(layout: oci.Layout, apt: debian.Apt, progress: Progress) -> None:
    """Builds the images into the layout; most of them share one layer."""
    progress("building the images of the control plane", 0, 0)
    kube = layout.add_layer(_hyperkube(), f"kubelab: Kubernetes {programs.version('kubernetes')}")
    dns = layout.add_layer(_one("coredns"), f"kubelab: CoreDNS {programs.version('coredns')}")
    pause = layout.add_layer(_one("pause", "kubernetes"), "kubelab: pause")
    tools = layout.add_layer(_tools_of_proxy(apt), "kubelab: Debian packages of kube-proxy")
    entries = []
    for reference in wanted():
        name = reference.rpartition("/")[2].partition(":")[0]
        layers = {"coredns": [dns], "kube-proxy": [tools, kube], "pause": [pause]}.get(name, [kube])
        config: dict[str, Any] = {"Env": [_PATH], "WorkingDir": "/"}
        if name in ("coredns", "pause"):
            config["Entrypoint"] = [f"/{_BIN}/{name}"]
        manifest = layout.add_image(layers, config, architecture(), {})
        entries.append({**manifest, "annotations": {"io.containerd.image.name": reference}})
    layout.publish(entries, "kit")


def wanted() -> list[str]:
    """The images that kubeadm asks for, and the pause image that containerd is configured with."""
    kubeadm = programs.ensure("kubernetes") / "kubernetes"
    version = programs.version("kubernetes")
    argv = ["kubeadm", "config", "images", "list", f"--kubernetes-version={version}"]
    done = subprocess.run(
        argv, executable=kubeadm, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise BuildError(f"`{' '.join(argv)}` failed: {done.stderr}")
    text = (programs.source("kind") / "images/base/files/etc/containerd/config.toml").read_text()
    pause = re.findall(r'^\s*sandbox_image = "(.+)"', text, re.MULTILINE)
    return [*(line for line in done.stdout.split() if "/pause:" not in line), *pause]


def architecture() -> str:
    """This machine's, as images name it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def program(file: Path) -> Entry:
    """A program as it lies in an image."""
    return Entry("file", 0o755, data=file.read_bytes())


def _hyperkube() -> Tree:
    tree = Tree()
    tree.add(f"{_BIN}/hyperkube", program(programs.ensure("kubernetes") / "kubernetes"))
    for name in HYPERKUBE:
        tree.add(f"{_BIN}/{name}", Entry("link", 0o777, target="hyperkube"))
    tree.add("tmp", Entry("dir", 0o1777))
    return tree


def _one(name: str, module: str = "") -> Tree:
    """A program alone; `module` is the one that it is built from, where that has another name."""
    tree = Tree()
    tree.add(f"{_BIN}/{name}", program(programs.ensure(module or name) / name))
    return tree


def _tools_of_proxy(apt: debian.Apt) -> Tree:
    definition = spec.read(DEFINITIONS / "kube-proxy.toml")
    tree = Tree(definition.merged_usr)
    debs.unpack(apt.fetch(definition.packages, definition.assumed), tree)
    build.furnish(tree, definition)
    return tree
