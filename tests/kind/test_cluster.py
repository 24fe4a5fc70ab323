"""A kind cluster by the lab's commands: status, nodes, addresses, reset, and what is refused."""

from __future__ import annotations

import json
import os

import pytest

from tests.kind.machine import DEADLINE, Machine
from tests.support import said_error

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(DEADLINE)]


def test_the_status_says_where_it_comes_from_and_that_it_is_ready(
    machine: Machine, cluster: str
) -> None:
    said = machine.lab("status", "--name", cluster, "--json")
    assert said.returncode == 0, said.stderr
    status = json.loads(said.stdout)
    assert status["state"] == "ready"
    assert [node["name"] for node in status["nodes"]] == [f"{cluster}-control-plane"]


def test_the_users_own_kubeconfig_is_not_touched(machine: Machine, cluster: str) -> None:
    status = json.loads(machine.lab("status", "--name", cluster, "--json").stdout)
    assert status["kubeconfig"].startswith(os.environ["XDG_STATE_HOME"])


def test_a_second_up_finds_it_and_another_shape_is_refused(machine: Machine, cluster: str) -> None:
    said = machine.lab("up", "--cluster", "kind", "--name", cluster)
    assert said.returncode == 0, said.stderr
    said = machine.lab("up", "--cluster", "kind", "--name", cluster, "--nodes", "2")
    said_error(said, "runs already, with 1 node(s), not 2", "./lab down")
    said = machine.lab("up", "--cluster", "embedded", "--name", cluster)
    said_error(said, "is of the kind kind, not embedded", "./lab down")


def test_a_cluster_that_the_lab_did_not_make_is_left_alone(machine: Machine, cluster: str) -> None:
    image = machine.docker.call("inspect", "--format", "{{.Image}}", f"{cluster}-control-plane")
    label = "io.x-k8s.kind.cluster=stranger"
    machine.docker.call("create", "--name", "stranger-control-plane", "--label", label, image)
    try:
        said = machine.lab("up", "--cluster", "kind", "--name", "stranger")
        said_error(said, "a kind cluster 'stranger'", "did not make", "--name NAME")
        assert machine.docker.call("ps", "--all", "--quiet", "--filter", f"label={label}")
    finally:
        machine.docker.call("rm", "stranger-control-plane")


def test_two_nodes_and_their_pods_reach_each_other_by_every_kind_of_service(
    machine: Machine,
) -> None:
    name = "twins"
    said = machine.lab("up", "--cluster", "kind", "--name", name, "--nodes", "2", timeout=400)
    assert said.returncode == 0, said.stdout + said.stderr
    try:
        machine.shell(name, _TWO_NODES)
        assert machine.shell(name, _FROM_THE_OTHER_NODE).count("Welcome to nginx!") == 4
        said = machine.lab("reset", "--name", name, timeout=400)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "web" not in machine.shell(name, "kubectl get pods,services -A")
        assert machine.shell(name, "kubectl get nodes --no-headers").count(" Ready ") == 2
    finally:
        machine.lab("down", "--name", name)


_TWO_NODES = """
kubectl run web --image=nginx:1.22 --overrides='{"spec": {"nodeName": "twins-worker"}}'
kubectl run client --image=busybox:1.35 --overrides='{"spec": {"nodeName": "twins-control-plane"}}' -- sleep 1000
kubectl wait pod web client --for=condition=Ready --timeout=90s
kubectl expose pod web --port=80
kubectl expose pod web --port=80 --name=outside --type=LoadBalancer
kubectl wait service outside --for='jsonpath={.status.loadBalancer.ingress[0].ip}' --timeout=20s
"""
_FROM_THE_OTHER_NODE = """
pod=$(kubectl get pod web -o jsonpath={.status.podIP})
balancer=$(kubectl get service outside -o 'jsonpath={.status.loadBalancer.ingress[0].ip}')
port=$(kubectl get service outside -o 'jsonpath={.spec.ports[0].nodePort}')
node=$(kubectl get node twins-control-plane -o 'jsonpath={.status.addresses[0].address}')
for at in "$pod" web "$balancer" "$node:$port"; do
  kubectl exec client -- wget -q -T 10 -O - "http://$at" | grep '<title>'
done
"""
