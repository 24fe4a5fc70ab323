"""All that a student may make, in one file's worth of objects."""

from __future__ import annotations

from typing import Any

import yaml

MARKER = "sleep 86399"
"""In the command line of every container's process."""


def everything() -> list[dict[str, Any]]:
    """Objects of many kinds, in the namespaces `default`, `shop` and `stuck`."""
    return [o for o in yaml.safe_load_all(_TEXT.replace("MARKER", MARKER)) if o]


def last() -> list[dict[str, Any]]:
    """A Node that is none, and a webhook that fails every request: nothing can be made after it."""
    return list(yaml.safe_load_all(_LAST))


_POD = """
      terminationGracePeriodSeconds: 300
      containers:
      - name: main
        image: busybox:1.35
        command: [sh, -c, "trap '' TERM; MARKER & wait; MARKER"]
"""

_TEXT = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: stuck}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: holds, namespace: stuck, finalizers: [kubelab.test/never]}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {{name: all, namespace: shop}}
spec: {{hard: {{pods: "50"}}}}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {{name: urgent}}
value: 1000
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 10
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {_POD}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  replicas: 1
  serviceName: db
  selector: {{matchLabels: {{app: db}}}}
  template:
    metadata: {{labels: {{app: db}}}}
    spec: {_POD}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec: {_POD}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: task}}
spec:
  template:
    spec:
      restartPolicy: Never {_POD}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: nightly}}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: "busybox:1.35"}}]}}}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: held, finalizers: [kubelab.test/never], labels: {{app: held}}}}
spec: {_POD}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec: {{type: NodePort, selector: {{app: web}}, ports: [{{port: 80, nodePort: 30080}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: fixed, namespace: shop}}
spec: {{clusterIP: 10.96.77.77, selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: shop}}
data: {{text: one}}
---
apiVersion: v1
kind: Secret
metadata: {{name: key, namespace: shop}}
stringData: {{text: two}}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {{name: mine, namespace: shop}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: everyone-may-all}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "kubelab:students"}}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1.dead.kubelab.test}}
spec: {{group: dead.kubelab.test, version: v1, groupPriorityMinimum: 1000, versionPriority: 15,
  insecureSkipTLSVerify: true, service: {{name: nobody, namespace: shop}}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: cats.kubelab.test}}
spec:
  group: kubelab.test
  scope: Namespaced
  names: {{plural: cats, singular: cat, kind: Cat}}
  versions:
  - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}
"""

_LAST = """
apiVersion: v1
kind: Node
metadata: {name: made-up}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: refuses}
webhooks:
- name: refuses.kubelab.test
  clientConfig: {url: "https://127.0.0.1:9/"}
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
  rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}]
"""
