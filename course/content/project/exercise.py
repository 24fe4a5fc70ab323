# ---
# jupyter:
#   jupytext:
#     cell_markers: '"""'
#     custom_cell_magics: apply,kubectl,node
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] id="title" nbgrader={"grade": false, "grade_id": "title", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
# Final project: an app of two tiers

Twelve tasks, 30 points, about 90 minutes, and all that you have learned. You build a timetable of ferries:

    visitors ──▶ Service front ──▶ Pod front: nginx + writer ──▶ Service back ──▶ Pods back (several)
                 NodePort              both share the page          ClusterIP

The back end says which ferry is in service; the front end is nginx, with a sidecar that asks the back end again and again
and writes the page from its answer. When it runs, you have

- given an app a namespace of its own, with a budget, and defaults for those who say nothing;
- run a back end in several replicas, from an image that is named by its digest, behind a Service for the inside;
- put a web server before it whose page a sidecar writes from the back end's answers;
- let the page be reached from outside and from another namespace, and mended a Service through which nobody came.

Below each task's text is a cell that helps: run it, and it has buttons that give a hint, check what you have, and show
the solution. Help costs no points.

It takes about 90 minutes.

The tasks build on one another: a later one uses what an earlier one made. Below each is a cell that checks it; when you
hand in, more checks run than you see, with other values than those in the next cell. So use its variables.

The cell *Begin here* removes the project's namespace and makes that of the visitors anew: run it again whenever you want
to start over.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
namespace = "ferries"
visitors = "ferries-visitors"
app = "timetable"
greeting = "The ferry Anna is in service"
title = "Ferries today"
replicas = 3
port = 8080
node_port = 31907
quota_pods = 12
quota_cpu = 1000
quota_memory = 1536
cpu = 100
memory = 128

# %% [markdown] id="begin-text" nbgrader={"grade": false, "grade_id": "begin-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## Begin here
"""

# %% id="imports" nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %load_ext course
from course import checks

checks.speak("en")

# %% id="begin" tags=["setup"] nbgrader={"grade": false, "grade_id": "begin", "locked": true, "schema_version": 3, "solution": false, "task": false}
from course import kubectl

checks.remove_namespace(namespace)
checks.fresh_namespace(visitors)
kubectl.run(["run", "visitor", "--image=busybox:1.35", "--namespace", visitors, "--", "sleep", "36000"]).check()
client = checks.Object("pod", "visitor", visitors)
client.is_ready(steady=0, within=60);

# %% [markdown] id="space-text" nbgrader={"grade": false, "grade_id": "space-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. A place with a budget (2 points)

Make the namespace `{namespace}` with the label `course=kubelab`, and in it a ResourceQuota named `budget` that allows

- at most `{quota_pods}` Pods,
- at most `{quota_cpu}m` of CPU requested (thousandths of a processor),
- at most `{quota_memory}Mi` of memory as the sum of all limits.
"""

# %% id="space-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "space-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "space")

# %% id="space" language="apply" nbgrader={"grade": false, "grade_id": "space", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Namespace
# metadata:
#   name: {namespace}
#   labels:
#     course: kubelab
# ---
# apiVersion: v1
# kind: ResourceQuota
# metadata:
#   name: budget
#   namespace: {namespace}
# spec:
#   hard:
#     pods: "{quota_pods}"
#     requests.cpu: {quota_cpu}m
#     limits.memory: {quota_memory}Mi
# ### END SOLUTION

# %% id="space-test" nbgrader={"grade": true, "grade_id": "space-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
there = card.check(
    0.5, _("The namespace is there, with its label"), checks.Object("namespace", namespace).matches,
    {"metadata": {"labels": {"course": "kubelab"}}},
)
card.check(0.5, _("A quota counts Pods"), checks.quota, namespace, hard={"pods": quota_pods}, after=there)
### BEGIN HIDDEN TESTS
card.check(0.5, _("The quota counts the CPU that is requested"), checks.quota, namespace, hard={"requests.cpu": f"{quota_cpu}m"}, after=there)
card.check(0.5, _("The quota counts the memory of all limits"), checks.quota, namespace, hard={"limits.memory": f"{quota_memory}Mi"}, after=there)
### END HIDDEN TESTS
card

# %% [markdown] id="defaults-text" nbgrader={"grade": false, "grade_id": "defaults-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 2. For those who say nothing (2 points)

With this quota, the API refuses every Pod whose containers do not say what they request and what they are limited to.
Make a LimitRange named `defaults` in the namespace, so that a container that says nothing requests `{cpu}m` of CPU and is
limited to `{memory}Mi` of memory.
"""

# %% id="defaults-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "defaults-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "defaults")

# %% id="defaults" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "defaults", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: LimitRange
# metadata:
#   name: defaults
# spec:
#   limits:
#   - type: Container
#     defaultRequest:
#       cpu: {cpu}m
#     default:
#       memory: {memory}Mi
# ### END SOLUTION

# %% id="defaults-test" nbgrader={"grade": true, "grade_id": "defaults-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
exists = card.check(0.5, _("The LimitRange is there"), checks.Object("limitrange", "defaults", namespace).get)
### BEGIN HIDDEN TESTS
silent = checks.sample_pod("silent", namespace)


def becomes(what, name, amount):
    checks.accepted(silent, {"spec": {"containers": [{"resources": {what: {name: checks.amount(amount)}}}]}})


card.check(0.75, _("A container that says nothing requests CPU"), becomes, "requests", "cpu", f"{cpu}m", after=exists)
card.check(0.75, _("A container that says nothing has a limit of memory"), becomes, "limits", "memory", f"{memory}Mi", after=exists)
### END HIDDEN TESTS
card

# %% [markdown] id="room-text" nbgrader={"grade": false, "grade_id": "room-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 3. How many have room? (2 points)

Predict, before there is any: somebody makes a Deployment in the empty namespace, of 50 replicas, each with one container
that says nothing of requests and limits. How many Pods come to be, and which line of the quota stops the next one?

Calculate it from the variables: with other values, another line may be the one.

```python
room = {"pods": …, "stopped_by": "…"}
```

`stopped_by` is `"pods"`, `"requests.cpu"` or `"limits.memory"`.
"""

# %% id="room-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "room-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "room")

# %% id="room" nbgrader={"grade": false, "grade_id": "room", "locked": false, "schema_version": 3, "solution": true, "task": false}
room = ...
### BEGIN SOLUTION
most = {"pods": quota_pods, "requests.cpu": quota_cpu // cpu, "limits.memory": quota_memory // memory}
first = min(most, key=most.get)
room = {"pods": most[first], "stopped_by": first}
### END SOLUTION

# %% id="room-test" nbgrader={"grade": true, "grade_id": "room-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.is_mapping, "room", "pods", "stopped_by")
### BEGIN HIDDEN TESTS
most = {"pods": quota_pods, "requests.cpu": quota_cpu // cpu, "limits.memory": quota_memory // memory}
first = min(most, key=most.get)
because = _("the quota allows {pods} by their number, {cpu} by the CPU, {memory} by the memory.").format(
    pods=most["pods"], cpu=most["requests.cpu"], memory=most["limits.memory"]
)
card.check(1, _("The number of Pods"), checks.says, "room", "pods", wanted=most[first], because=because, after=answered)
card.check(1, _("The line of the quota that stops the next"), checks.says, "room", "stopped_by", wanted=first, because=because, after=answered)
### END HIDDEN TESTS
card

# %% [markdown] id="back-text" nbgrader={"grade": false, "grade_id": "back-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 4. The back end (4 points)

Make the Deployment `back` with `{replicas}` replicas. Its Pods

- carry the labels `app={app}` and `tier=back`;
- run `busybox`, named by the digest of the image that the Pod `visitor` in the namespace `{visitors}` runs from, and pull
  it only where the node does not have it;
- serve by `httpd`, on port `{port}`, a page that begins with the Pod's own name, followed by the greeting `{greeting}`;
- are ready when this page is answered, by a readiness probe over HTTP.

Find the digest in the first cell, make the Deployment in the second. The container's command may be this:

```yaml
command: ["/bin/sh", "-c"]
args: ["mkdir /pages; echo \"$(hostname) {greeting}\" > /pages/index.html; exec httpd -f -p {port} -h /pages"]
```
"""

# %% id="back-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "back-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "back")

# %% id="back" nbgrader={"grade": false, "grade_id": "back", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl --into image_id get pod visitor --namespace {visitors} -o jsonpath={.status.containerStatuses[0].imageID}
pin = image_id.split("@")[1]
### END SOLUTION

# %% id="back-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "back-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: back
# spec:
#   replicas: {replicas}
#   selector:
#     matchLabels:
#       app: {app}
#       tier: back
#   template:
#     metadata:
#       labels:
#         app: {app}
#         tier: back
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: server
#         image: busybox@{pin}
#         imagePullPolicy: IfNotPresent
#         command: ["/bin/sh", "-c"]
#         args: ["mkdir /pages; echo \"$(hostname) {greeting}\" > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#         readinessProbe:
#           httpGet:
#             path: /
#             port: {port}
#           periodSeconds: 1
# ### END SOLUTION

# %% id="back-test" nbgrader={"grade": true, "grade_id": "back-test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=4)
back = checks.Object("deployment", "back", namespace)
labels = {"app": app, "tier": "back"}
there = card.check(
    0.5, _("The Deployment has its replicas, and its Pods have their labels"), back.matches,
    {"spec": {"replicas": replicas, "template": {"metadata": {"labels": labels}}}},
)
by_digest = card.check(
    0.5, _("The image is named by a digest and by no tag"), back.matches,
    {"spec": {"template": {"spec": {"containers": [{"image": checks.pattern(r"^(docker\.io/library/)?busybox@sha256:[0-9a-f]{64}$")}]}}}},
)
ready = card.check(0.5, _("All replicas are available"), back.matches, {"status": {"availableReplicas": replicas}}, within=15, after=there)
### BEGIN HIDDEN TESTS
card.check(
    0.5, _("The image is pulled only where the node has none"), back.matches,
    {"spec": {"template": {"spec": {"containers": [{"imagePullPolicy": "IfNotPresent"}]}}}}, after=by_digest,
)
card.check(
    0.5, _("A readiness probe asks for the page"), back.matches,
    {"spec": {"template": {"spec": {"containers": [{"readinessProbe": {"httpGet": {"port": ...}}}]}}}}, after=there,
)


def same_image():
    visitor = checks.Object("pod", "visitor", visitors)
    checks.runs_digest(checks.pod_with(namespace, labels), checks.digest_of(visitor))


def names_itself():
    pod = checks.pod_with(namespace, labels)
    pod.answers(port, contains=f"{pod.name} {greeting}", within=5)


card.check(0.5, _("The Pods run from the visitor's image"), same_image, after=ready)
card.check(1, _("A Pod's page holds its name and the greeting"), names_itself, after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="inside-text" nbgrader={"grade": false, "grade_id": "inside-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 5. The back end's Service (2.5 points)

Make the Service `back`, reachable only inside the cluster: at its port 80 it is to reach the port `{port}` of the back
end's Pods, all of them, and no others.
"""

# %% id="inside-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "inside-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "inside")

# %% id="inside" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "inside", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: back
# spec:
#   selector:
#     app: {app}
#     tier: back
#   ports:
#   - port: 80
#     targetPort: {port}
# ### END SOLUTION

# %% id="inside-test" nbgrader={"grade": true, "grade_id": "inside-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
back = checks.Service("back", namespace)
kind = card.check(
    0.5, _("The Service is for the inside alone, at port 80"), back.matches, {"spec": {"type": "ClusterIP", "ports": [{"port": 80}]}}
)
labels = {"app": app, "tier": "back"}
### BEGIN HIDDEN TESTS
card.check(
    0.5, _("Its selector leaves the front end out"), back.matches, {"spec": {"selector": {"tier": "back"}}}, after=kind,
)
behind = card.check(0.5, _("All Pods of the back end, and no others, stand behind it"), back.endpoints_are, labels, within=8, after=kind)
card.check(1, _("Each of them answers"), back.answers_come_from, labels, 80, after=behind)
### END HIDDEN TESTS
card

# %% [markdown] id="texts-text" nbgrader={"grade": false, "grade_id": "texts-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 6. The title (1 point)

Make the ConfigMap `texts` with the key `title` and the value `{title}`. The front end is to read its title there.
"""

# %% id="texts-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "texts-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "texts")

# %% id="texts" nbgrader={"grade": false, "grade_id": "texts", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl create configmap texts --from-literal=title="{title}" --namespace {namespace}
### END SOLUTION

# %% id="texts-test" nbgrader={"grade": true, "grade_id": "texts-test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=1)
texts = checks.Object("configmap", "texts", namespace)
there = card.check(0.5, _("The ConfigMap has a title"), texts.matches, {"data": {"title": ...}})
### BEGIN HIDDEN TESTS
card.check(0.5, _("It is the right one"), texts.matches, {"data": {"title": title}}, after=there)
### END HIDDEN TESTS
card

# %% [markdown] id="front-text" nbgrader={"grade": false, "grade_id": "front-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 7. The front end (5 points)

Make the Deployment `front` with one replica. Its Pod carries the labels `app={app}` and `tier=front` and has two containers
that share an `emptyDir`:

- `web` runs `nginx:1.22` and serves, on port 80, what is in the volume;
- `writer` runs `busybox:1.35`. Every second it asks the back end through its Service, and writes the page: the title, the
  back end's answer, and the time. It gets the title from the ConfigMap `texts`, as the environment variable `TITLE`.

A Pod whose page has not been written yet answers with an error. It is to be *ready* only when there is a page: give `web`
a readiness probe.
"""

# %% id="front-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "front-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "front")

# %% id="front" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "front", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: front
# spec:
#   replicas: 1
#   selector:
#     matchLabels:
#       app: {app}
#       tier: front
#   template:
#     metadata:
#       labels:
#         app: {app}
#         tier: front
#     spec:
#       terminationGracePeriodSeconds: 1
#       volumes:
#       - name: page
#         emptyDir: {}
#       containers:
#       - name: web
#         image: nginx:1.22
#         readinessProbe:
#           httpGet:
#             path: /
#             port: 80
#           periodSeconds: 1
#         volumeMounts:
#         - name: page
#           mountPath: /usr/share/nginx/html
#       - name: writer
#         image: busybox:1.35
#         env:
#         - name: TITLE
#           valueFrom:
#             configMapKeyRef:
#               name: texts
#               key: title
#         command: ["/bin/sh", "-c"]
#         args:
#         - |
#           while true; do
#             answer=$(wget -q -T 2 -O - http://back) && echo "$TITLE: $answer ($(date))" > /page/new && mv /page/new /page/index.html
#             sleep 1
#           done
#         volumeMounts:
#         - name: page
#           mountPath: /page
# ### END SOLUTION

# %% id="front-test" nbgrader={"grade": true, "grade_id": "front-test", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=5)
front = checks.Object("deployment", "front", namespace)
labels = {"app": app, "tier": "front"}


def in_the_pod(**wanted):
    front.matches({"spec": {"template": {"spec": wanted}}})


there = card.check(
    0.5, _("The Pod has the containers web and writer with their images"), in_the_pod,
    containers=[{"name": "web", "image": checks.named("nginx:1.22")}, {"name": "writer", "image": checks.named("busybox:1.35")}],
)
card.check(0.5, _("The Pod carries its labels"), front.matches, {"spec": {"template": {"metadata": {"labels": labels}}}}, after=there)
ready = card.check(0.5, _("The Deployment is available"), front.is_ready, within=15, after=there)
### BEGIN HIDDEN TESTS
card.check(0.5, _("The containers share an emptyDir"), in_the_pod, volumes=[{"emptyDir": ...}], after=there)
source = {"configMapKeyRef": {"name": "texts", "key": "title"}}
card.check(
    0.5, _("The title comes from the ConfigMap"), in_the_pod,
    containers=[{"name": "writer", "env": [{"name": "TITLE", "valueFrom": source}]}], after=there,
)
card.check(
    0.5, _("The web server is ready only when it has a page"), in_the_pod,
    containers=[{"name": "web", "readinessProbe": {"httpGet": {"port": ...}}}], after=there,
)


def page(text, ask):
    getattr(checks.pod_with(namespace, labels), ask)(80, contains=text, within=8)


card.check(0.5, _("The page has the title"), page, title, "answers", after=ready)
shown = card.check(1, _("The page has the back end's answer"), page, greeting, "answers", after=ready)
card.check(0.5, _("The page is written again and again"), page, greeting, "page_changes", after=shown)
### END HIDDEN TESTS
card

# %% [markdown] id="outside-text" nbgrader={"grade": false, "grade_id": "outside-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 8. The way in (2.5 points)

Make the Service `front`: it reaches port 80 of the front end's Pod, inside the cluster at port 80, and from outside at the
port `{node_port}` of every node.
"""

# %% id="outside-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "outside-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "outside")

# %% id="outside" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "outside", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: front
# spec:
#   type: NodePort
#   selector:
#     app: {app}
#     tier: front
#   ports:
#   - port: 80
#     targetPort: 80
#     nodePort: {node_port}
# ### END SOLUTION

# %% id="outside-test" nbgrader={"grade": true, "grade_id": "outside-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
front = checks.Service("front", namespace)
kind = card.check(
    0.5, _("The Service opens a port of the nodes"), front.matches, {"spec": {"type": checks.either("NodePort", "LoadBalancer"), "ports": [{"port": 80}]}},
)
### BEGIN HIDDEN TESTS
card.check(0.5, _("It is the right port"), front.matches, {"spec": {"ports": [{"port": 80, "nodePort": node_port}]}}, after=kind)
behind = card.check(
    0.5, _("The front end, and nothing else, stands behind it"), front.endpoints_are, {"app": app, "tier": "front"}, within=8, after=kind,
)
card.check(1, _("Every node answers with the page"), front.answers_at_nodes, 80, contains=greeting, within=6, after=behind)
### END HIDDEN TESTS
card

# %% [markdown] id="names-text" nbgrader={"grade": false, "grade_id": "names-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 9. By which name? (2 points)

Write down three URLs, in terms of the variables, each as short as it can be:

- `near`: the back end, as a Pod of the same namespace asks for it;
- `far`: the front end, as a Pod of the namespace `{visitors}` asks for it;
- `whole`: the front end by its whole name, which ends in `cluster.local`.

```python
urls = {"near": "http://…", "far": f"http://…", "whole": f"http://…"}
```
"""

# %% id="names-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "names-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "names")

# %% id="names" nbgrader={"grade": false, "grade_id": "names", "locked": false, "schema_version": 3, "solution": true, "task": false}
urls = ...
### BEGIN SOLUTION
urls = {
    "near": "http://back",
    "far": f"http://front.{namespace}",
    "whole": f"http://front.{namespace}.svc.cluster.local",
}
### END SOLUTION

# %% id="names-test" nbgrader={"grade": true, "grade_id": "names-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There are three URLs"), checks.is_mapping, "urls", "near", "far", "whole")
### BEGIN HIDDEN TESTS
def is_url(*forms):
    every = {form + end for form in forms for end in ("", "/", ":80", ":80/")}
    return checks.Predicate(forms[0], every.__contains__)


near = _("in its own namespace, a Service's name is enough.")
far = _("from elsewhere the namespace comes behind the name: SERVICE.NAMESPACE.")
card.check(0.5, _("Near: the name alone"), checks.says, "urls", "near", wanted=is_url("http://back"), because=near, after=answered)
reached = card.check(0.5, _("Far: the name and the namespace"), checks.says, "urls", "far", wanted=is_url(f"http://front.{namespace}"), because=far, after=answered)
card.check(
    0.5, _("Whole: up to the cluster's domain"), checks.says, "urls", "whole",
    wanted=is_url(f"http://front.{namespace}.svc.cluster.local"), because=_("SERVICE.NAMESPACE.svc.cluster.local is the whole name."), after=answered,
)
visitor = checks.Object("pod", "visitor", visitors)
card.check(
    0.5, _("A visitor gets the page from another namespace"), checks.from_pod, visitor, f"http://front.{namespace}", contains=greeting, within=5, after=reached,
)
### END HIDDEN TESTS
card

# %% [markdown] id="board-text" nbgrader={"grade": false, "grade_id": "board-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 10. The board on the pier (3 points)

In the namespace `{visitors}` a colleague has put up a notice board: the Deployment `board`, which is well, and the Service
`board`, through which nobody gets an answer. It has more than one fault, and you see the second only when the first is
mended.

- `faults`: the list of the fields of the Service that are wrong, out of `"name"`, `"type"`, `"selector"`, `"port"`,
  `"targetPort"` and `"protocol"`;
- then mend the Service, so that it answers at its port 80. Leave the Deployment as it is.
"""

# %% id="board-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "board-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "board")

# %% id="board-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "board-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
import json

from course import kubectl

labels = {"app": "board", "tier": "pier"}
container = {"name": "web", "image": "nginx:1.22", "ports": [{"containerPort": 80}]}
pod = {"terminationGracePeriodSeconds": 1, "containers": [container]}
board = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "board", "namespace": visitors},
    "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
}
service = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "board", "namespace": visitors},
    "spec": {"selector": {"app": "board", "tier": "peer"}, "ports": [{"port": 80, "targetPort": port}]},
}
for one in (board, service):
    kubectl.run(["apply", "--filename", "-"], stdin=json.dumps(one)).check()

# %% id="board" nbgrader={"grade": false, "grade_id": "board", "locked": false, "schema_version": 3, "solution": true, "task": false}
faults = ...
### BEGIN SOLUTION
faults = ["selector", "targetPort"]
### END SOLUTION

# %% id="board-apply" language="apply" magic_args="--namespace {visitors}" nbgrader={"grade": false, "grade_id": "board-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: board
# spec:
#   selector:
#     app: board
#     tier: pier
#   ports:
#   - port: 80
#     targetPort: 80
# ### END SOLUTION

# %% id="board-test" nbgrader={"grade": true, "grade_id": "board-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
board = checks.Service("board", visitors)
behind = card.check(1, _("The board's Pod stands behind its Service"), board.endpoints_are, {"app": "board", "tier": "pier"}, within=8)
### BEGIN HIDDEN TESTS
card.check(1, _("The Service answers at its port 80"), board.answers, 80, contains="nginx", within=4, after=behind)
card.check(
    1, _("The fields that were wrong"), checks.says, "faults", wanted=checks.exactly("selector", "targetPort"),
    because=_("the selector asked for a label that no Pod has; and nginx listens on port 80."),
)
### END HIDDEN TESTS
card

# %% [markdown] id="relabel-text" nbgrader={"grade": false, "grade_id": "relabel-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 11. One steps aside (2 points)

Predict: all `{replicas}` Pods of the back end are well, and you give one of them another label:
`kubectl label pod back-… tier=aside --overwrite`. When everything has settled,

- how many Pods of the back end's template are in the namespace, with whichever label?
- how many endpoints has the Service `back`?
- does the Pod that stepped aside still run?

Write numbers in terms of `replicas`, and `True` or `False`:

```python
after = {"pods": …, "endpoints": …, "still_runs": …}
```

Then try it, if you like: but leave the cluster as it was, since the grader does not.
"""

# %% id="relabel-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "relabel-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "relabel")

# %% id="relabel" nbgrader={"grade": false, "grade_id": "relabel", "locked": false, "schema_version": 3, "solution": true, "task": false}
after = ...
### BEGIN SOLUTION
after = {"pods": replicas + 1, "endpoints": replicas, "still_runs": True}
### END SOLUTION

# %% id="relabel-test" nbgrader={"grade": true, "grade_id": "relabel-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.is_mapping, "after", "pods", "endpoints", "still_runs")
### BEGIN HIDDEN TESTS
because = _("the ReplicaSet misses one of its Pods and makes another; the one without the label is nobody's now, and runs on.")
card.check(0.75, _("The number of Pods"), checks.says, "after", "pods", wanted=replicas + 1, because=because, after=answered)
card.check(0.75, _("The number of endpoints"), checks.says, "after", "endpoints", wanted=replicas, because=because, after=answered)
card.check(0.5, _("What becomes of the Pod that stepped aside"), checks.says, "after", "still_runs", wanted=True, because=because, after=answered)
### END HIDDEN TESTS
card

# %% [markdown] id="gone-text" nbgrader={"grade": false, "grade_id": "gone-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 12. When all is over (2 points)

Predict what is still there after `kubectl delete namespace {namespace}`. Out of the list `things`, put those that stay
into the list `stays`:
"""

# %% id="gone-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "gone-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("project", "gone")

# %% id="gone-given" nbgrader={"grade": false, "grade_id": "gone-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
things = [
    _("the Deployment back"),
    _("the Pods of the Deployment back"),
    _("the Service front"),
    _("the ConfigMap texts"),
    _("the ResourceQuota budget"),
    _("the image nginx:1.22 on the node"),
    _("the node"),
    _("the Pod visitor"),
    _("the namespace of the visitors"),
]

# %% id="gone" nbgrader={"grade": false, "grade_id": "gone", "locked": false, "schema_version": 3, "solution": true, "task": false}
stays = ...
### BEGIN SOLUTION
stays = things[5:]
### END SOLUTION

# %% id="gone-test" nbgrader={"grade": true, "grade_id": "gone-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "stays")
### BEGIN HIDDEN TESTS
given = checks.answer("stays") if answered else []
given = [one for one in given if one in things] if isinstance(given, list) else []
lost = [one for one in things[5:] if one not in given]
kept = [one for one in given if one in things[:5]]
said = _("Stays, and is not in the list: {things}.").format(things=", ".join(lost))
card.expect(1, _("All that stays is in the list"), answered and not lost, said)
said = _("Goes with its namespace: {things}.").format(things=", ".join(kept) or "…")
card.expect(1, _("Nothing that goes is in the list"), bool(given) and not kept, said)
### END HIDDEN TESTS
card

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in, let
`%kubectl delete namespace ferries ferries-visitors` show you whether your last prediction was right.
"""
