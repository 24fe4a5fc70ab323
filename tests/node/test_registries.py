"""A node's own configuration of registries, proved by the mirror's log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.node.conftest import On

pytestmark = pytest.mark.cluster

NGINX = "docker.io/library/nginx:1.22"
GENERATED = "/var/lib/rancher/k3s/agent/etc/containerd"
REGISTRIES = "mirrors:\n  docker.io:\n    endpoint:\n    - http://mirror.lab:5000\n"
HOSTS = 'server = "https://registry-1.docker.io"\n[host."http://mirror.lab:5000"]\n'


@pytest.fixture(autouse=True)
def pristine(on: On) -> Iterator[None]:
    on("mkdir -p /etc/containerd/certs.d/docker.io /etc/rancher/k3s")
    yield
    on("rm -rf /etc/containerd/certs.d/docker.io /etc/rancher/k3s")
    on("systemctl restart k3s")


def pulls(on: On) -> int:
    """How often the mirror was asked for nginx; pulls it once more."""
    on(f"crictl rmi {NGINX}", check=False)
    on(f"crictl pull {NGINX}")
    log = on("curl -sS --fail --max-time 10 http://mirror.lab:5000/access.log").stdout
    return log.count("nginx/manifests/1.22?ns=docker.io")


def test_hosts_toml_counts_at_the_next_pull(on: On) -> None:
    before = pulls(on)
    on("tee /etc/containerd/certs.d/docker.io/hosts.toml", HOSTS)
    assert pulls(on) == before + 1
    on("rm /etc/containerd/certs.d/docker.io/hosts.toml")
    assert pulls(on) == before + 1


def test_registries_yaml_counts_when_k3s_has_been_restarted(on: On) -> None:
    before = pulls(on)
    on("tee /etc/rancher/k3s/registries.yaml", REGISTRIES)
    assert pulls(on) == before
    on("systemctl restart k3s")
    assert pulls(on) == before + 1
    assert "mirror.lab:5000" in on(f"cat {GENERATED}/certs.d/docker.io/hosts.toml").stdout
    assert "config_path" in on(f"cat {GENERATED}/config.toml").stdout


def test_k3s_does_not_start_with_a_broken_registries_yaml(on: On) -> None:
    on("tee /etc/rancher/k3s/registries.yaml", "mirrors:\n  docker.io:\n    endpoints: []\n")
    said = on("systemctl restart k3s", check=False)
    assert said.returncode == 1
    assert "Job for k3s.service failed" in said.stderr
    assert "/etc/rancher/k3s/registries.yaml is not a registries.yaml" in said.stderr


def test_the_log_names_the_node_that_asked(on: On) -> None:
    on("tee /etc/containerd/certs.d/docker.io/hosts.toml", HOSTS)
    pulls(on)
    log = on("curl -sS http://mirror.lab:5000/access.log").stdout
    assert "172.18.0.2:" in log
