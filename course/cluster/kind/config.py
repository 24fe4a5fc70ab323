"""The configuration that kind makes a cluster from (kind.sigs.k8s.io/docs/user/configuration)."""

from __future__ import annotations

import json
import socket
from typing import Any

from course.cluster.base import Spec

IMAGES = "/kubelab/images"
"""Where the nodes see the course's images, an OCI layout."""
DOOR = 5002
"""The port of the first node where it answers for the notebook; see course/podling/internal/door."""
NODE_PORTS = (30080,)
"""The node ports that lessons give by number: this machine's own ports too, where they are free."""
_CERTS = "/etc/containerd/certs.d"
_CONTAINERD = f"""\
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{_CERTS}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
  discard_unpacked_layers = false
"""
"""hosts.toml files are what the lessons teach, and the export of images, for which their layers must be kept.

And a container may be no less likely to be killed than its node.
"""


_PATIENT = tuple(
    {
        "kind": kind, "apiVersion": "kubeadm.k8s.io/v1beta4",
        "timeouts": {"kubernetesAPICall": "5m0s"},
    }
    for kind in ("InitConfiguration", "JoinConfiguration")
)  # fmt: skip
"""kubeadm gives an API server that has just started one minute; on a busy laptop its first answers take longer."""


def document(spec: Spec, image: str, cgroup: int) -> str:
    """The configuration, as JSON, which YAML contains.

    Args:
        spec: what the cluster is asked to be.
        image: the nodes' image.
        cgroup: the version of control groups that the nodes get.
    """
    node: dict[str, Any] = {"image": image}
    if spec.images:
        mount = {"hostPath": str(spec.images), "containerPath": IMAGES, "readOnly": True}
        node["extraMounts"] = [mount]
    kubelet: dict[str, Any] = {"kind": "KubeletConfiguration"}
    if cgroup == 1:
        kubelet["failCgroupV1"] = False
    ports = [(DOOR, 0), *((port, port) for port in NODE_PORTS if _free(port))]
    nodes = [{"role": "control-plane" if i == 0 else "worker", **node} for i in range(spec.nodes)]
    nodes[0]["extraPortMappings"] = [
        {"containerPort": inside, "hostPort": outside, "listenAddress": "127.0.0.1"}
        for inside, outside in ports
    ]
    return json.dumps(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "name": spec.name,
            "nodes": nodes,
            "containerdConfigPatches": [_CONTAINERD],
            "kubeadmConfigPatches": [json.dumps(one) for one in (kubelet, *_PATIENT)],
        },
        indent=2,
    )


def _free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
