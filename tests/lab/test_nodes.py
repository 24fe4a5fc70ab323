"""A cluster of several nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.kube import SERVES
from tests.conftest import Lab

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("binary")]

# Ready when it serves, and all four of them: Available would be true of three.
PROBE = {"readinessProbe": SERVES}
PATCH = json.dumps({"spec": {"template": {"spec": {"containers": [{"name": "nginx", **PROBE}]}}}})
SPREAD = f"""
set -eu
kubectl create deployment web --image=nginx:1.22 --replicas=4 --dry-run=client -o yaml |
    kubectl patch --local -f - -p '{PATCH}' -o yaml | kubectl apply -f -
kubectl expose deployment web --port=80
kubectl rollout status deployment/web --timeout=90s
until [ "$(kubectl get endpointslices -l kubernetes.io/service-name=web \\
    -o 'jsonpath={{.items[*].endpoints[*].conditions.ready}}')" = "true true true true" ]
do sleep 0.2; done
kubectl get pods -o 'jsonpath={{range .items[*]}}on {{.spec.nodeName}}{{"\\n"}}{{end}}'
for pod in $(kubectl get pods -o name); do
    kubectl exec "$pod" -- curl -sS -m 5 -o /dev/null -w 'from a pod %{{http_code}}\\n' http://web
done
curl -sS -m 5 -o /dev/null -w 'from the lab %{{http_code}}\\n' http://web
"""


def test_pods_spread_over_workers_and_reach_each_other(lab: Lab, own_state: Path) -> None:
    assert lab("up", "--nodes", "3").returncode == 0
    said = lab("shell", "--", "sh", "-c", SPREAD, timeout=240)
    assert said.returncode == 0, said.stdout + said.stderr
    lines = said.stdout.splitlines()
    assert {"on kubelab-worker", "on kubelab-worker2"} == {x for x in lines if x.startswith("on ")}
    assert lines.count("from a pod 200") == 4
    assert "from the lab 200" in lines
    nodes = lab("shell", "--", "kubectl", "get", "nodes", "--no-headers").stdout.splitlines()
    assert [(n.split()[0], n.split()[1]) for n in nodes] == [
        ("kubelab-control-plane", "Ready"),
        ("kubelab-worker", "Ready"),
        ("kubelab-worker2", "Ready"),
    ]
    assert lab("down").returncode == 0
