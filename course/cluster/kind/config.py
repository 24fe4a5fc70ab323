"""The configuration that kind makes a cluster from (kind.sigs.k8s.io/docs/user/configuration)."""

from __future__ import annotations

import json
from typing import Any

from course.cluster.base import Spec

IMAGES = "/kubelab/images"
"""Where the nodes see the course's images, an OCI layout."""
_CERTS = "/etc/containerd/certs.d"
_CONTAINERD = f"""\
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{_CERTS}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
"""
"""hosts.toml files are what the lessons teach. And a container may be no less likely to be killed than its node."""


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
    nodes = [{"role": "control-plane" if i == 0 else "worker", **node} for i in range(spec.nodes)]
    return json.dumps(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "name": spec.name,
            "nodes": nodes,
            "containerdConfigPatches": [_CONTAINERD],
            "kubeadmConfigPatches": [json.dumps(kubelet)],
        },
        indent=2,
    )
