"""The kit's node image for kind: Debian packages, kind's own files, the programs, and the images they start.

What kind's images/base/Dockerfile and `kind build node-image` do, with no Docker and no registry: the
result is an archive for `docker load`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from course import images
from course.errors import BuildError
from course.images import apt as debian
from course.images import build, debs, oci, spec
from course.images.tree import Entry, Tree
from course.kit import archive, programs, system_images
from course.progress import Progress, silent

_SCRIPTS = ("usr/local/bin", "kind/bin")
"""Folders of kind's files whose files are programs."""
_CONTAINERD_ROOT = "var/lib/containerd"
_KUBERNETES = ("kubelet", "kubeadm", "kubectl")
_CONTAINERD = ("containerd", "ctr", "containerd-shim-runc-v2")


def name() -> str:
    """What the image is called: by the course's Kubernetes version, and by all that it is made of."""
    return f"kubelab/node:{programs.version('kubernetes')}-{key()[:8]}"


def make(out: Path, apt: debian.Apt, progress: Progress = silent) -> None:
    """Builds the node image into the file `out`, an archive as `docker save` writes it."""
    for module in programs.MODULES:
        programs.ensure(module.name, progress)
    with tempfile.TemporaryDirectory(prefix=".node-", dir=out.parent) as temporary:
        work = Path(temporary)
        layout = oci.Layout(work / "images")
        system_images.fill(layout, apt, progress)
        progress("building the node image", 0, 0)
        definition = spec.read(system_images.DEFINITIONS / "node.toml")
        layers = [_system(apt, definition), _programs(), _preloaded(layout.folder, work)]
        archive.write(out, name(), layers, build.config(definition, "", {}))


def _system(apt: debian.Apt, definition: spec.Definition) -> Tree:
    tree = Tree(definition.merged_usr)
    debs.unpack(apt.fetch(definition.packages, definition.assumed), tree)
    build.furnish(tree, definition)
    files = programs.source("kind") / "images/base/files"
    for file in sorted(files.rglob("*")):
        if file.is_file():
            place = file.relative_to(files).as_posix()
            mode = 0o755 if place.startswith(_SCRIPTS) else 0o644
            tree.add(place, Entry("file", mode, data=file.read_bytes()))
    text = tree.read("etc/containerd/config.toml").decode()
    tree.add("etc/containerd/config.toml", Entry("file", 0o644, data=_with_cni(text).encode()))
    tree.add("etc/containerd/cri-base.json", Entry("file", 0o644, data=_base_spec()))
    for path, entry in _manifests().items():
        tree.add(path, entry)
    return tree


def _with_cni(config: str) -> str:
    """containerd's configuration, with its own template of the pod network instead of kindnet's.

    containerd writes it out once the node has its podCIDR; routes between nodes are the lab's.
    """
    return config.rstrip() + (
        '\n\n[plugins."io.containerd.grpc.v1.cri".cni]\n'
        '  bin_dir = "/opt/cni/bin"\n'
        '  conf_dir = "/etc/cni/net.d"\n'
        '  conf_template = "/kind/cni.conflist"\n'
    )


def _manifests() -> dict[str, Entry]:
    cni = {
        "cniVersion": "0.4.0",
        "name": "kubelab",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-ipam-state",
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "ranges": [[{"subnet": "{{.PodCIDR}}"}]],
                },
                "mtu": 1500,
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
    note = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubelab-network", "namespace": "kube-system"},
        "data": {"network": "ptp, configured by containerd's conf_template"},
    }
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    files = {
        "kind/cni.conflist": json.dumps(cni, indent=2),
        "kind/manifests/default-cni.yaml": json.dumps(note),
        "kind/manifests/default-storage.yaml": json.dumps(storage),
        "kind/version": programs.version("kubernetes"),
    }
    return {path: Entry("file", 0o644, data=text.encode()) for path, text in files.items()}


def _base_spec() -> bytes:
    """What containers start from: containerd's own, without limits on processes, and with kind's hook."""
    ctr = programs.ensure("containerd") / "ctr"
    done = subprocess.run(
        [ctr, "oci", "spec"], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise BuildError(f"`ctr oci spec` failed: {done.stderr}")
    document = json.loads(done.stdout)
    document["process"].pop("rlimits", None)
    hooks = document.setdefault("hooks", {}).setdefault("createContainer", [])
    hooks.append({"path": "/kind/bin/mount-product-files.sh"})
    return json.dumps(document, indent=2).encode()


def _programs() -> Tree:
    tree = Tree()
    kubernetes, containerd = programs.ensure("kubernetes"), programs.ensure("containerd")
    tree.add("usr/bin/hyperkube", system_images.program(kubernetes / "kubernetes"))
    for link in _KUBERNETES:
        tree.add(f"usr/bin/{link}", Entry("link", 0o777, target="hyperkube"))
    for file in _CONTAINERD:
        tree.add(f"usr/local/bin/{file}", system_images.program(containerd / file))
    return tree


def _preloaded(layout: Path, work: Path) -> Tree:
    """containerd's folder with the images in it, as it would be after they were imported."""
    root = work / "containerd"
    argv = [programs.ensure("containerd") / "preload", layout, root]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BuildError(f"the images could not be put into the node: {done.stderr}")
    tree = Tree()
    for path in sorted(root.rglob("*")):
        place = f"{_CONTAINERD_ROOT}/{path.relative_to(root).as_posix()}"
        if path.is_dir():
            tree.add(place, Entry("dir", 0o700))
        else:
            tree.add(place, Entry("file", path.stat().st_mode & 0o777, data=path.read_bytes()))
    shutil.rmtree(root)
    return tree


def key() -> str:
    """What the image depends on: the programs, the definitions, and the code that builds from them."""
    digest = hashlib.sha256(images.key().encode())
    for module in programs.MODULES:
        digest.update(programs.digest(module).encode())
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *here.glob("definitions/*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
