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
# Exercise: Namespaces

Ten tasks, 22 points. Write your answers into the cells that say `YOUR ANSWER HERE`; below each task is a cell that
checks it. Run that as often as you like: it tells you what it looked for, what it found, and which command shows more.
When you hand in, more checks run than you see here, and the values in the next cell are others. So use its variables
rather than their values: in `%kubectl` and `%%apply`, `{shop}` stands for the value of `shop`.

Below each task's text is a cell that helps: run it, and it has buttons that give a hint, check what you have, and show
the solution. Help costs no points.

This exercise is about namespaces, so it has more than one. The cell *Begin here* makes them anew, and empty: run it
again whenever you want to start over (that takes some seconds, for what is there is deleted first). The tasks do not
depend on each other.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Namespaces that are made for you:
namespace = "ns-home"
shop = "ns-shop"
attic = "ns-attic"
kitchen = "ns-kitchen"
red = "ns-red"
blue = "ns-blue"
shelves = ["ns-shelf-1", "ns-shelf-2", "ns-shelf-3", "ns-shelf-4"]
# Namespaces that you make in task 1:
staging = "ns-staging"
live = "ns-live"
# What the tasks ask for:
pod_name = "web"
request = "150m"
port = 8080
dish = "Soup"
red_pods = 3
red_cpu = "600m"
blue_pods = 5
blue_cpu = "1"
kinds = ["pods", "nodes", "services", "persistentvolumes", "configmaps", "storageclasses.storage.k8s.io"]
seed = 7

# %% [markdown] id="begin-text" nbgrader={"grade": false, "grade_id": "begin-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## Begin here
"""

# %% id="imports" nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %load_ext course
from course import checks

checks.speak("en")

# %% id="begin" tags=["setup"] nbgrader={"grade": false, "grade_id": "begin", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.remove_namespace(staging, live, namespace, shop, attic, f"{attic}-annex", kitchen, red, blue, *shelves)
checks.fresh_namespace(namespace, shop, attic, kitchen, red, blue, *shelves)

# %% [markdown] id="twins-text" nbgrader={"grade": false, "grade_id": "twins-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. One name, twice (2 points)

Make the two namespaces whose names are in `staging` and `live`. Run a Pod in each, *both* with the name `{pod_name}` and
the image `nginx:1.22`. Give the one in `staging` the label `stage=staging`, the one in `live` the label `stage=live`.
"""

# %% id="twins-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "twins-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "twins")

# %% id="twins" nbgrader={"grade": false, "grade_id": "twins", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl create namespace {staging}
# %kubectl create namespace {live}
# %kubectl run {pod_name} --image=nginx:1.22 --labels=stage=staging --namespace {staging}
# %kubectl run {pod_name} --image=nginx:1.22 --labels=stage=live --namespace {live}
### END SOLUTION

# %% id="twins-test" nbgrader={"grade": true, "grade_id": "twins-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
wanted = {"spec": {"containers": [{"image": "nginx:1.22"}]}}
first, second = checks.Object("pod", pod_name, staging), checks.Object("pod", pod_name, live)
one = card.check(0.5, _("The Pod is in the first namespace"), first.matches, wanted)
two = card.check(0.5, _("A Pod of the same name is in the second"), second.matches, wanted)
### BEGIN HIDDEN TESTS
card.check(0.5, _("Each has the label of its own stage"), second.matches, {"metadata": {"labels": {"stage": "live"}}}, after=two and card.check(0, _("The first one has its label"), first.matches, {"metadata": {"labels": {"stage": "staging"}}}, after=one))
card.check(0.5, _("Both get ready"), second.is_ready, after=two and card.check(0, _("The first one gets ready"), first.is_ready, after=one))
### END HIDDEN TESTS
card

# %% [markdown] id="idle-text" nbgrader={"grade": false, "grade_id": "idle-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 2. Two replicas wanted, none there (3 points)

A colleague has given the namespace `shop` a quota, and has then created the Deployment `till` in it (the next cell does what
she did). `kubectl create` did not complain, and yet no Pod comes.

**Find out why.** Set `told_by` to the *kind* of the object whose events hold the reason, as kubectl's column `KIND` has it.

**Repair it**, without touching the Deployment or the quota: containers in this namespace that do not say how much processor time they
request shall request `{request}` (a variable!). Nothing else is to be limited.
"""

# %% id="idle-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "idle-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %kubectl create quota budget --hard=pods=4,requests.cpu=500m --namespace {shop}
# %kubectl create deployment till --image=nginx:1.22 --replicas=2 --namespace {shop}
# %kubectl wait --for=condition=ReplicaFailure deployment/till --timeout=30s --namespace {shop}

# %% id="idle-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "idle-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "idle")

# %% id="idle" nbgrader={"grade": false, "grade_id": "idle", "locked": false, "schema_version": 3, "solution": true, "task": false}
told_by = ...
### BEGIN SOLUTION
told_by = "ReplicaSet"
### END SOLUTION

# %% id="idle-limits" language="apply" magic_args="--namespace {shop}" nbgrader={"grade": false, "grade_id": "idle-limits", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: LimitRange
# metadata:
#   name: usual
# spec:
#   limits:
#   - type: Container
#     defaultRequest:
#       cpu: {request}
# ### END SOLUTION

# %% id="idle-test" nbgrader={"grade": true, "grade_id": "idle-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
till = checks.Object("deployment", "till", shop)
asks = {"spec": {"containers": [{"resources": {"requests": {"cpu": checks.amount(request)}}}]}}
filled = card.check(1, _("A container that says nothing requests what it should"), checks.accepted, checks.sample_pod("probe", shop), asks)
### BEGIN HIDDEN TESTS
card.check(0.5, _("The kind of the object whose events tell it"), checks.answer_is, "told_by", checks.either("ReplicaSet", "replicaset", "replicasets"))
card.check(1, _("The Deployment has its two Pods"), till.is_ready, after=filled, within=15)
kept = card.check(0, _("The quota is as it was"), checks.quota, shop, hard={"pods": 4, "requests.cpu": "500m"})
kept = card.check(0, _("The Deployment is as it was"), till.matches, {"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "nginx", "resources": {}}]}}}}, after=kept)
card.check(0.5, _("The Deployment itself requests nothing: the namespace fills it in"), till.must_not_match, {"spec": {"template": {"spec": {"containers": [{"resources": {"requests": ...}}]}}}}, after=filled and kept)
### END HIDDEN TESTS
card

# %% [markdown] id="gone-text" nbgrader={"grade": false, "grade_id": "gone-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 3. What goes with it? (2 points)

The next cell makes these eight things. `attic` and `namespace` are the variables above.

| | |
| --- | --- |
| **A** | the ConfigMap `notes` in the namespace `attic` |
| **B** | the ConfigMap `notes` in `namespace` |
| **C** | the Deployment `lamp` in `attic` |
| **D** | the Service `lamp` in `namespace`: it is another name for a Service in `attic` |
| **E** | the PersistentVolumeClaim `trunk` in `attic` |
| **F** | the ServiceAccount `keeper` in `attic` |
| **G** | the RoleBinding `keeper` in `namespace`: it gives rights to that ServiceAccount |
| **H** | the namespace whose name is that of `attic` and `-annex`: its manifest says `namespace: {attic}` |

**Predict** which of them are gone when the namespace `attic` has been deleted. Put their letters into the list `gone`. Then delete `attic`, and nothing else.
(With `--wait=false` you need not wait for it.)
"""

# %% id="gone-given" language="apply" tags=["setup"] nbgrader={"grade": false, "grade_id": "gone-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: ConfigMap
# metadata: {name: notes, namespace: {attic} }
# ---
# apiVersion: v1
# kind: ConfigMap
# metadata: {name: notes, namespace: {namespace} }
# ---
# apiVersion: apps/v1
# kind: Deployment
# metadata: {name: lamp, namespace: {attic} }
# spec:
#   replicas: 0
#   selector: {matchLabels: {app: lamp}}
#   template:
#     metadata: {labels: {app: lamp}}
#     spec:
#       containers:
#       - {name: main, image: "busybox:1.35"}
# ---
# apiVersion: v1
# kind: Service
# metadata: {name: lamp, namespace: {namespace} }
# spec:
#   type: ExternalName
#   externalName: lamp.{attic}.svc.cluster.local
# ---
# apiVersion: v1
# kind: PersistentVolumeClaim
# metadata: {name: trunk, namespace: {attic} }
# spec:
#   storageClassName: none
#   accessModes: [ReadWriteOnce]
#   resources: {requests: {storage: 1Mi}}
# ---
# apiVersion: v1
# kind: ServiceAccount
# metadata: {name: keeper, namespace: {attic} }
# ---
# apiVersion: rbac.authorization.k8s.io/v1
# kind: RoleBinding
# metadata: {name: keeper, namespace: {namespace} }
# roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
# subjects:
# - {kind: ServiceAccount, name: keeper, namespace: {attic} }
# ---
# apiVersion: v1
# kind: Namespace
# metadata: {name: {attic}-annex, namespace: {attic} }

# %% id="gone-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "gone-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "gone")

# %% id="gone" nbgrader={"grade": false, "grade_id": "gone", "locked": false, "schema_version": 3, "solution": true, "task": false}
gone = ...
### BEGIN SOLUTION
gone = ["A", "C", "E", "F"]
# %kubectl delete namespace {attic} --wait=false
### END SOLUTION

# %% id="gone-test" nbgrader={"grade": true, "grade_id": "gone-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
things = {
    "A": checks.Object("configmap", "notes", attic),
    "B": checks.Object("configmap", "notes", namespace),
    "C": checks.Object("deployment", "lamp", attic),
    "D": checks.Object("service", "lamp", namespace),
    "E": checks.Object("persistentvolumeclaim", "trunk", attic),
    "F": checks.Object("serviceaccount", "keeper", attic),
    "G": checks.Object("rolebinding", "keeper", namespace),
    "H": checks.Object("namespace", f"{attic}-annex"),
}
deleted = card.check(0.5, _("The namespace is deleted"), checks.Object("namespace", attic).is_absent, within=15)
answered = card.check(0, _("There is an answer"), checks.answer, "gone")
### BEGIN HIDDEN TESTS
took = [letter for letter, thing in things.items() if thing.namespace == attic]
card.check(0.75, _("The answer names all that goes"), checks.names_all, "gone", took, after=answered)
card.check(0.5, _("It names nothing that stays"), checks.names_only, "gone", took, after=answered)
lost = [str(thing) for letter, thing in things.items() if letter not in took and thing.now() is None]
card.expect(0.25, _("Nothing else is deleted"), deleted and not lost, _("Deleted, though it should stay: {things}.").format(things=", ".join(lost)) if lost else _("The namespace is still there."))
### END HIDDEN TESTS
card

# %% [markdown] id="scope-text" nbgrader={"grade": false, "grade_id": "scope-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 4. In a namespace, or the whole cluster's? (2 points)

The list `kinds` holds some kinds by the names that the API uses for them. When you hand in, it holds others, so let the cluster answer. Make a list `inside` of those
whose objects live in namespaces.

`%kubectl --into NAME …` puts what a command prints into a variable, as one text; `NAME.split()` makes a list of its words.
"""

# %% id="scope-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "scope-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "scope")

# %% id="scope" nbgrader={"grade": false, "grade_id": "scope", "locked": false, "schema_version": 3, "solution": true, "task": false}
inside = ...
### BEGIN SOLUTION
# %kubectl --into listed api-resources --namespaced=true -o name
inside = [kind for kind in kinds if kind in listed.split()]
### END SOLUTION

# %% id="scope-test" nbgrader={"grade": true, "grade_id": "scope-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "inside")
### BEGIN HIDDEN TESTS
right = checks.namespaced().intersection(kinds)
complete = card.check(1, _("The list has all kinds that live in namespaces"), checks.names_all, "inside", right, after=answered)
card.check(1, _("It has no others"), checks.names_only, "inside", right, after=answered)
### END HIDDEN TESTS
card

# %% [markdown] id="across-text" nbgrader={"grade": false, "grade_id": "across-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 5. The one next door (2 points)

Two namespaces have a Service with the name `menu`: the one in `kitchen` serves the menu of the day, on the port `{port}`; the one in `namespace` serves last
year's. (The next cell makes them.)

Run a Pod named `reader` in `namespace`, with one container of `busybox:1.35`, that asks for the menu of the day once a second:

```
command: ["/bin/sh", "-c", "while true; do wget -q -T 2 -O - $MENU; sleep 1; done"]
```

What is missing is the environment variable `MENU`: give it the URL of the *kitchen's* Service. The Service may be made anew one day and have another address, and the
reader may move to another namespace: use the full DNS name.
"""

# %% id="across-given" language="apply" tags=["setup"] nbgrader={"grade": false, "grade_id": "across-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata: {name: menu, namespace: {kitchen}, labels: {app: menu}}
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo '{dish} of the day' > /pages/index.html; exec httpd -f -p {port} -h /pages"]
# ---
# apiVersion: v1
# kind: Service
# metadata: {name: menu, namespace: {kitchen} }
# spec:
#   selector: {app: menu}
#   ports: [{port: {port} }]
# ---
# apiVersion: v1
# kind: Pod
# metadata: {name: menu, namespace: {namespace}, labels: {app: menu}}
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo 'Cold leftovers' > /pages/index.html; exec httpd -f -p {port} -h /pages"]
# ---
# apiVersion: v1
# kind: Service
# metadata: {name: menu, namespace: {namespace} }
# spec:
#   selector: {app: menu}
#   ports: [{port: {port} }]

# %% id="across-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "across-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "across")

# %% id="across" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "across", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: reader
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "while true; do wget -q -T 2 -O - $MENU; sleep 1; done"]
#     env:
#     - name: MENU
#       value: http://menu.{kitchen}.svc.cluster.local:{port}/
# ### END SOLUTION

# %% id="across-test" nbgrader={"grade": true, "grade_id": "across-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
reader = checks.Object("pod", "reader", namespace)
runs = card.check(0.5, _("The reader runs"), reader.matches, {"status": {"phase": "Running"}}, within=15)
### BEGIN HIDDEN TESTS
card.check(1, _("It reads the menu of the day"), reader.logs_hold, f"{dish} of the day", after=runs, within=6)
full = checks.pattern(rf"^http://menu\.{kitchen}\.svc\.cluster\.local\.?:{port}(/|$)")
card.check(0.5, _("It uses the full name"), reader.matches, {"spec": {"containers": [{"env": [{"name": "MENU", "value": full}]}]}}, after=runs)
### END HIDDEN TESTS
card

# %% [markdown] id="where-text" nbgrader={"grade": false, "grade_id": "where-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 6. Where does it run? (2 points)

There is a Pod `lost` in each of the namespaces in the list `shelves`. One of them runs; the others wait for a node that will never come. Set `found` to the namespace of
the one that runs, and delete this Pod. The others stay.

In which namespace it is, is drawn anew when you hand in: let a command find it. `%kubectl --into found …` puts what the command prints into `found`, and `{found}` can stand in
the next command.
"""

# %% id="where-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "where-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hide(shelves, seed)

# %% id="where-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "where-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "where")

# %% id="where" nbgrader={"grade": false, "grade_id": "where", "locked": false, "schema_version": 3, "solution": true, "task": false}
found = ...
### BEGIN SOLUTION
# %kubectl --into found get pods --all-namespaces -l app=lost --field-selector status.phase=Running -o jsonpath={.items[0].metadata.namespace}
# %kubectl delete pod lost --namespace {found}
### END SOLUTION

# %% id="where-test" nbgrader={"grade": true, "grade_id": "where-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "found")
### BEGIN HIDDEN TESTS
place = checks.hiding_place(shelves, seed)
card.check(1, _("The answer is the right namespace"), checks.answer_is, "found", place, after=answered)
gone_there = card.check(0.5, _("The Pod that ran is deleted"), checks.Object("pod", "lost", place).is_absent, within=3)
missing = [one for one in shelves if one != place and checks.Object("pod", "lost", one).now() is None]
card.expect(0.5, _("It alone is deleted"), gone_there and not missing, _("Deleted, though it should stay: {things}.").format(things=", ".join(missing)) if missing else _("The Pod that ran is still there."))
### END HIDDEN TESTS
card

# %% [markdown] id="teams-text" nbgrader={"grade": false, "grade_id": "teams-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 7. Two teams, one cluster (3 points)

Team red works in the namespace `red`, team blue in `blue`. Give each a ResourceQuota:

- red: at most `{red_pods}` Pods, and its containers request at most `{red_cpu}` of processor time in all;
- blue: at most `{blue_pods}` Pods, and at most `{blue_cpu}`.
"""

# %% id="teams-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "teams-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "teams")

# %% id="teams" nbgrader={"grade": false, "grade_id": "teams", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl create quota team --hard=pods={red_pods},requests.cpu={red_cpu} --namespace {red}
# %kubectl create quota team --hard=pods={blue_pods},requests.cpu={blue_cpu} --namespace {blue}
### END SOLUTION

# %% id="teams-test" nbgrader={"grade": true, "grade_id": "teams-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
has_red = card.check(0.5, _("Team red has its number of Pods"), checks.quota, red, hard={"pods": red_pods})
has_blue = card.check(0.5, _("Team blue has its number of Pods"), checks.quota, blue, hard={"pods": blue_pods})
### BEGIN HIDDEN TESTS
for team, cpu in ((red, red_cpu), (blue, blue_cpu)):
    fits = checks.sample_pod("fits", team, requests={"cpu": cpu})
    much = checks.sample_pod("much", team, requests={"cpu": "1001m"})
    name = _("red") if team == red else _("blue")
    ready = card.check(0.5, _("A Pod that requests all that is allowed may come: team {name}").format(name=name), checks.accepted, fits, after=has_red if team == red else has_blue)
    card.check(0.5, _("One that requests more is refused by the quota: team {name}").format(name=name), checks.refused, much, "exceeded quota", after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="silent-text" nbgrader={"grade": false, "grade_id": "silent-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 8. Who has fallen silent? (2 points)

Four machines write their heartbeats into Leases. In another cluster, the clock says **10:00:40Z** at this moment, and its Leases are as the next cell makes them here, in `namespace`. Look at
them. A machine is silent when its last heartbeat is no longer good.

Set `silent` to a list of the machines that are silent.

Then look at a Lease of *this* cluster's own nodes, long enough, and set `every` to the number of seconds between two heartbeats.
"""

# %% id="silent-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "silent-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: coordination.k8s.io/v1
# kind: Lease
# metadata: {name: press-1}
# spec: {holderIdentity: press-1, leaseDurationSeconds: 40, renewTime: "2026-01-01T10:00:05.000000Z"}
# ---
# apiVersion: coordination.k8s.io/v1
# kind: Lease
# metadata: {name: press-2}
# spec: {holderIdentity: press-2, leaseDurationSeconds: 40, renewTime: "2026-01-01T09:59:55.000000Z"}
# ---
# apiVersion: coordination.k8s.io/v1
# kind: Lease
# metadata: {name: press-3}
# spec: {holderIdentity: press-3, leaseDurationSeconds: 120, renewTime: "2026-01-01T09:59:10.000000Z"}
# ---
# apiVersion: coordination.k8s.io/v1
# kind: Lease
# metadata: {name: press-4}
# spec: {holderIdentity: press-4, leaseDurationSeconds: 15, renewTime: "2026-01-01T10:00:20.000000Z"}

# %% id="silent-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "silent-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "silent")

# %% id="silent" nbgrader={"grade": false, "grade_id": "silent", "locked": false, "schema_version": 3, "solution": true, "task": false}
silent = ...
every = ...
### BEGIN SOLUTION
silent = ["press-2", "press-4"]
every = 10
### END SOLUTION

# %% id="silent-test" nbgrader={"grade": true, "grade_id": "silent-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "silent")
### BEGIN HIDDEN TESTS
from datetime import datetime

from course import kubectl

clock, late = datetime.fromisoformat("2026-01-01T10:00:40+00:00"), []
for lease in kubectl.get_all("lease", "--namespace", namespace):
    since = clock - datetime.fromisoformat(lease["spec"]["renewTime"])
    if since.total_seconds() > lease["spec"]["leaseDurationSeconds"]:
        late.append(lease["metadata"]["name"])
card.check(0.75, _("All that are silent are named"), checks.names_all, "silent", late, after=answered)
card.check(0.75, _("None is named that is not"), checks.names_only, "silent", late, after=answered)
about_ten = checks.Predicate(_("a number, about a quarter of leaseDurationSeconds"), lambda value: isinstance(value, int | float) and 9 <= value <= 11)
card.check(0.5, _("The seconds between two heartbeats of a node"), checks.answer_is, "every", about_ten)
### END HIDDEN TESTS
card

# %% [markdown] id="tracks-text" nbgrader={"grade": false, "grade_id": "tracks-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 9. No namespace needed (2 points)

Two versions of a ticket office run in `namespace`: the Pods `office-old` and `office-new`. Someone proposes a namespace for each. You know better.

Give the Pods labels (`track=old` and `track=new`) so that they can be told apart, and make two Services, both on port 80:

- `office` reaches either of them;
- `office-preview` reaches only the new one.

Take the Pods' labels that are there already as they are.
"""

# %% id="tracks-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "tracks-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata: {name: office-old, labels: {app: office}}
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo 'old office' > /pages/index.html; exec httpd -f -p 80 -h /pages"]
# ---
# apiVersion: v1
# kind: Pod
# metadata: {name: office-new, labels: {app: office}}
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo 'new office' > /pages/index.html; exec httpd -f -p 80 -h /pages"]

# %% id="tracks-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "tracks-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "tracks")

# %% id="tracks" nbgrader={"grade": false, "grade_id": "tracks", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl label pod office-old track=old --namespace {namespace}
# %kubectl label pod office-new track=new --namespace {namespace}
### END SOLUTION

# %% id="tracks-services" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "tracks-services", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: office
# spec:
#   selector:
#     app: office
#   ports:
#   - port: 80
# ---
# apiVersion: v1
# kind: Service
# metadata:
#   name: office-preview
# spec:
#   selector:
#     app: office
#     track: new
#   ports:
#   - port: 80
# ### END SOLUTION

# %% id="tracks-test" nbgrader={"grade": true, "grade_id": "tracks-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
old, new = checks.Object("pod", "office-old", namespace), checks.Object("pod", "office-new", namespace)
told = card.check(0, _("The old one has its label"), old.matches, {"metadata": {"labels": {"track": "old"}}})
told = card.check(0.5, _("Both Pods have their labels"), new.matches, {"metadata": {"labels": {"track": "new"}}}, after=told)
### BEGIN HIDDEN TESTS
both, preview = checks.Service("office", namespace), checks.Service("office-preview", namespace)
made = card.check(0, _("There is a Service office"), both.matches, {"spec": {"ports": [{"port": 80}]}})
card.check(0.75, _("The Service office reaches both Pods"), both.endpoints_are, ["office-new", "office-old"], after=made, within=8)
made = card.check(0, _("There is a Service office-preview"), preview.matches, {"spec": {"ports": [{"port": 80}]}})
card.check(0.75, _("The Service office-preview reaches the new one alone"), preview.endpoints_are, ["office-new"], after=made, within=8)
### END HIDDEN TESTS
card

# %% [markdown] id="public-text" nbgrader={"grade": false, "grade_id": "public-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 10. For everybody to read, and nothing more (2 points)

Two ConfigMaps are in `kitchen`: `opening-hours` and `wages`. Somebody who has not logged in at all shall be able to get `opening-hours`, by this name. That person must not see `wages`, and must
not change anything.

It takes a Role and a RoleBinding; what they are called is up to you.
"""

# %% id="public-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "public-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %kubectl create configmap opening-hours --from-literal=sunday=closed --namespace {kitchen}
# %kubectl create configmap wages --from-literal=cook=secret --namespace {kitchen}

# %% id="public-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "public-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("namespaces", "public")

# %% id="public" nbgrader={"grade": false, "grade_id": "public", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl create role hours --verb=get --resource=configmaps --resource-name=opening-hours --namespace {kitchen}
# %kubectl create rolebinding hours --role=hours --group=system:unauthenticated --namespace {kitchen}
### END SOLUTION

# %% id="public-test" nbgrader={"grade": true, "grade_id": "public-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
anybody = checks.ANONYMOUS
can = card.check(1, _("Anybody can get the ConfigMap opening-hours"), checks.can, anybody, "get", "configmaps", kitchen, "opening-hours")
### BEGIN HIDDEN TESTS
card.check(0.5, _("Nobody without credentials can get wages"), checks.cannot, anybody, "get", "configmaps", kitchen, "wages", after=can)
same = card.check(0, _("Nobody without credentials can change opening-hours"), checks.cannot, anybody, "update", "configmaps", kitchen, "opening-hours", after=can)
card.check(0.5, _("Nobody without credentials can list what there is"), checks.cannot, anybody, "list", "configmaps", kitchen, after=same)
### END HIDDEN TESTS
card

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in, this clears the cluster of what you made here:

```
checks.remove_namespace(staging, live, namespace, shop, attic, f"{attic}-annex", kitchen, red, blue, *shelves)
```
"""
