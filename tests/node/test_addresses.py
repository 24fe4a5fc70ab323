"""What a cluster's users find without asking: load balancers' addresses, and cluster-info."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from course.cluster.embedded import Embedded
from tests.cluster.kube import Kube, container, pod
from tests.node.conftest import On

pytestmark = pytest.mark.cluster


def test_load_balancers_have_addresses_that_everybody_reaches(two: Embedded, on: On) -> None:
    kube = Kube(two.env(), "default", two.shell_argv)
    kube.apply(pod("web", container(image="nginx:1.22"), nodeName="two-worker"))
    for name in ("one", "other"):
        kube.run("expose", "pod", "web", f"--name={name}", "--port=80", "--type=LoadBalancer")
        kube.wait("jsonpath={.status.loadBalancer.ingress[0].ip}", f"service/{name}")
    kube.ready("web")
    services = kube.get("services")["items"]
    found = [s["status"]["loadBalancer"]["ingress"][0]["ip"] for s in services
             if s["spec"]["type"] == "LoadBalancer"]  # fmt: skip
    assert len(set(found)) == 2
    for address in found:
        assert address.startswith("172.18.255.")
        curl = ["curl", "-sS", "--fail", "--max-time", "10", f"http://{address}"]
        assert "nginx" in kube.shell(*curl)
        assert "nginx" in on(" ".join(curl)).stdout
    refused = two.node_run("", ["curl", "-sS", "--max-time", "10", "http://172.18.255.254"])
    assert refused.returncode == 7, refused.stderr
    patch = json.dumps({"spec": {"type": "ClusterIP"}})
    kube.run("patch", "service", "one", "--patch", patch)
    deadline = time.monotonic() + 20
    while kube.get("service", "one")["status"]["loadBalancer"]:
        assert time.monotonic() < deadline, (
            "one that is no load balancer any more keeps its address"
        )
    kube.run("delete", "pod/web", "service/one", "service/other", "--now")


def test_node_ports_answer_on_every_node(two: Embedded, on: On) -> None:
    kube = Kube(two.env(), "default", two.shell_argv)
    kube.apply(pod("ports", container(image="nginx:1.22"), nodeName="two-worker"))
    kube.run("expose", "pod", "ports", "--port=80", "--type=NodePort")
    kube.ready("ports")
    port = kube.get("service", "ports")["spec"]["ports"][0]["nodePort"]
    for address in ("172.18.0.2", "172.18.0.3"):
        # A node learns of a Service a moment after the API: real ones do, too.
        patient = "curl -sS --fail --max-time 20 --retry 5 --retry-connrefused"
        assert "nginx" in on(f"{patient} http://{address}:{port}").stdout
    kube.run("delete", "pod/ports", "service/ports", "--now")


def test_cluster_info_is_read_without_credentials_and_nothing_else_is(two: Embedded) -> None:
    config = subprocess.run(
        ["kubectl", "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"],
        env=os.environ | two.env(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    base = f"{config.stdout}/api/v1/namespaces/kube-public/configmaps"
    context = ssl._create_unverified_context()  # noqa: S323 - who has no credentials has no CA either
    with urllib.request.urlopen(f"{base}/cluster-info", context=context, timeout=10) as answer:  # noqa: S310
        assert config.stdout in json.load(answer)["data"]["kubeconfig"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(base, context=context, timeout=10)  # noqa: S310
