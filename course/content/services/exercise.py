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
# Exercise: Services

Nine tasks, 20 points. Write your answers into the cells that say `YOUR ANSWER HERE`; below each task is a cell that
checks it. Run that as often as you like: it tells you what it looked for, what it found, and which command shows more.
When you hand in, more checks run than you see here, and the values in the next cell are others. So use its variables
rather than their values: in `%kubectl` and `%%apply`, `{app_port}` stands for the value of `app_port`.

Below each task's text is a cell that helps: run it, and it has buttons that give a hint, check what you have, and show
the solution. Help costs no points.

All happens in namespaces of its own, so add `--namespace {namespace}` (or `-n {namespace}`) to your commands. The cell
*Begin here* makes them anew, and empty: run it again, and the cells below it, whenever you want to start over. The tasks do not
build on each other.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
namespace = "services-exercise"
other_namespace = "depot"
service_name = "web-service"
alias = "storage"
app_port = 8080
node_port = 30123
replicas = 3
seed = 7

# %% [markdown] id="begin-text" nbgrader={"grade": false, "grade_id": "begin-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## Begin here

Besides the empty namespaces you get two things that several tasks use, and none changes: a Deployment `web`, whose Pods carry
the label `app=web` and answer on port `{app_port}`, each with its own name; and a Pod `client`, to ask from
(`%kubectl exec client -n {namespace} -- wget -q -O - http://…`).
"""

# %% id="imports" nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %load_ext course
from course import checks

checks.speak("en")

# %% id="begin" tags=["setup"] nbgrader={"grade": false, "grade_id": "begin", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.fresh_namespace(namespace)
checks.fresh_namespace(other_namespace)

# %% id="web-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "web-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: web
# spec:
#   replicas: {replicas}
#   selector:
#     matchLabels:
#       app: web
#   template:
#     metadata:
#       labels:
#         app: web
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: server
#         image: busybox:1.35
#         command: ["/bin/sh", "-c"]
#         args: ["mkdir /pages; hostname > /pages/index.html; exec httpd -f -p {app_port} -h /pages"]
#         ports:
#         - name: http
#           containerPort: {app_port}
# ---
# apiVersion: v1
# kind: Pod
# metadata:
#   name: client
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: box
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "exec sleep 3600"]

# %% [markdown] id="expose-text" nbgrader={"grade": false, "grade_id": "expose-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. One name for all of them (2 points)

Make a Service for the Deployment `web`. It is called `{service_name}`; clients reach it inside the cluster, on HTTP's usual
port 80.
"""

# %% id="expose-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "expose-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "expose")

# %% id="expose" nbgrader={"grade": false, "grade_id": "expose", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl expose deployment web --name={service_name} --port=80 --target-port={app_port} --namespace {namespace}
### END SOLUTION

# %% id="expose-test" nbgrader={"grade": true, "grade_id": "expose-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
web = checks.Service(service_name, namespace)
card.check(0.5, _("The Service listens on port 80"), web.matches, {"spec": {"ports": [{"port": 80}]}})
card.check(
    0.5, _("It passes on to the port of the Pods"), web.matches, {"spec": {"ports": [{"targetPort": checks.either(app_port, "http")}]}}
)
### BEGIN HIDDEN TESTS
found = card.check(0.5, _("All Pods of the Deployment stand behind it"), web.endpoints_are, {"app": "web"}, within=8)
client = checks.Object("pod", "client", namespace)
card.check(
    0.5, _("A Pod gets an answer by the Service's name"), web.answers_by_name, 80, client=client, within=3, after=found
)
### END HIDDEN TESTS
card

# %% [markdown] id="selector-text" nbgrader={"grade": false, "grade_id": "selector-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 2. Nobody answers (2 points)

The next cell makes the Deployments `cart` and `cart-worker`, and a Service `cart`. Clients of the Service are refused, although
all Pods are well. Find out why, and repair the *Service*, so that it sends requests to the Pods of the Deployment `cart`, and to
no others. Leave the Deployments and their Pods as they are.
"""

# %% id="selector-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "selector-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "selector")

# %% id="selector-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "selector-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: cart
# spec:
#   replicas: 2
#   selector:
#     matchLabels: {app: cart, tier: web}
#   template:
#     metadata:
#       labels: {app: cart, tier: web}
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: server
#         image: busybox:1.35
#         command: ["/bin/sh", "-c"]
#         args: ["mkdir /pages; hostname > /pages/index.html; exec httpd -f -p 8080 -h /pages"]
# ---
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: cart-worker
# spec:
#   replicas: 1
#   selector:
#     matchLabels: {app: cart, tier: worker}
#   template:
#     metadata:
#       labels: {app: cart, tier: worker}
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: worker
#         image: busybox:1.35
#         command: ["/bin/sh", "-c", "exec sleep 3600"]
# ---
# apiVersion: v1
# kind: Service
# metadata:
#   name: cart
# spec:
#   selector:
#     app: cart
#     tier: frontend
#   ports:
#   - port: 80
#     targetPort: 8080

# %% id="selector" nbgrader={"grade": false, "grade_id": "selector", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl set selector service cart app=cart,tier=web --namespace {namespace}
### END SOLUTION

# %% id="selector-test" nbgrader={"grade": true, "grade_id": "selector-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
cart = checks.Service("cart", namespace)
runs = card.check(0, _("The Deployment cart runs"), checks.Object("deployment", "cart", namespace).is_ready, steady=0)
right = card.check(
    1, _("The Pods of the Deployment cart stand behind the Service, and no others"),
    cart.endpoints_are, {"app": "cart", "tier": "web"}, after=runs, within=3,
)
### BEGIN HIDDEN TESTS
card.check(0.5, _("Both of its Pods answer a client"), cart.answers_come_from, {"app": "cart", "tier": "web"}, 80, requests=20, after=right)
card.check(
    0.5, _("The Deployment's labels are as they were"), checks.Object("deployment", "cart", namespace).matches,
    {"spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "cart", "tier": "web"}}}}}, after=right,
)
### END HIDDEN TESTS
card

# %% [markdown] id="target-text" nbgrader={"grade": false, "grade_id": "target-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 3. They are there, and still nobody answers (2 points)

The Service `stock` has an endpoint, and it is ready. Still, a client that asks `http://stock` is refused. Repair the Service. Clients
go on asking on port 80.
"""

# %% id="target-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "target-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "target")

# %% id="target-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "target-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: stock
#   labels:
#     app: stock
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: server
#     image: busybox:1.35
#     command: ["/bin/sh", "-c"]
#     args: ["mkdir /pages; echo 'In stock: 12' > /pages/index.html; exec httpd -f -p {app_port} -h /pages"]
#     ports:
#     - name: http
#       containerPort: {app_port}
# ---
# apiVersion: v1
# kind: Service
# metadata:
#   name: stock
# spec:
#   selector:
#     app: stock
#   ports:
#   - port: 80

# %% id="target" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "target", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: stock
# spec:
#   selector:
#     app: stock
#   ports:
#   - port: 80
#     targetPort: {app_port}
# ### END SOLUTION

# %% id="target-test" nbgrader={"grade": true, "grade_id": "target-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
stock = checks.Service("stock", namespace)
runs = card.check(0, _("The Pod runs"), checks.Object("pod", "stock", namespace).is_ready, steady=0)
answered = card.check(1, _("The Service answers on port 80"), stock.answers, 80, contains="In stock", after=runs, within=3)
### BEGIN HIDDEN TESTS
client = checks.Object("pod", "client", namespace)
card.check(
    0.5, _("A Pod gets an answer by the Service's name"), stock.answers_by_name, 80,
    client=client, contains="In stock", within=3, after=answered,
)
card.check(
    0.5, _("It is the target port that has changed"), stock.matches,
    {"spec": {"ports": [{"port": 80, "targetPort": checks.either(app_port, "http")}]}}, after=answered,
)
### END HIDDEN TESTS
card

# %% [markdown] id="predict-text" nbgrader={"grade": false, "grade_id": "predict-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 4. Predict the endpoints (2.5 points)

The next cell makes some Pods with labels, most of them in `{namespace}`, and one in `{other_namespace}`. Somebody is about to make this
Service in `{namespace}`:

```yaml
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector:
    app: shop
    track: stable
  ports:
  - port: 80
```

Which Pods will its EndpointSlice list? Look at the Pods, and put the names into `prediction`: under `ready` those that get requests,
under `not_ready` those that are listed and get none.

```python
prediction = {"ready": ["…", "…"], "not_ready": ["…"]}
```
"""

# %% id="predict-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "predict-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "predict")

# %% id="predict-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "predict-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.make_crowd(namespace, other_namespace, seed)

# %% id="predict" nbgrader={"grade": false, "grade_id": "predict", "locked": false, "schema_version": 3, "solution": true, "task": false}
prediction = ...
### BEGIN SOLUTION
from course import kubectl

prediction = {"ready": [], "not_ready": []}
for pod in kubectl.get_all("pod", "--namespace", namespace, "--selector", "app=shop,track=stable"):
    ready = all(container["ready"] for container in pod["status"]["containerStatuses"])
    prediction["ready" if ready else "not_ready"].append(pod["metadata"]["name"])
### END SOLUTION

# %% id="predict-test" nbgrader={"grade": true, "grade_id": "predict-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
answered = card.check(0, _("There is an answer"), checks.answer, "prediction")
### BEGIN HIDDEN TESTS
crowd = checks.Crowd.of(seed)
words = lambda names: ", ".join(sorted(names)) or _("none")
given = checks.answer("prediction") if answered else {}
given = given if isinstance(given, dict) else {}
named = {
    key: sorted(str(name) for name in value) if isinstance(value := given.get(key), list) else []
    for key in ("ready", "not_ready")
}
card.expect(
    1.5, _("The Pods that get requests"), named["ready"] == sorted(crowd.serving),
    _("They are {right}; the answer has {given}.").format(right=words(crowd.serving), given=words(named["ready"])),
)
card.expect(
    1, _("The Pod that is listed, and is not ready"), named["not_ready"] == [crowd.lame],
    _("It is {right}; the answer has {given}.").format(right=crowd.lame, given=words(named["not_ready"])),
)
### END HIDDEN TESTS
card

# %% [markdown] id="nodeport-text" nbgrader={"grade": false, "grade_id": "nodeport-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 5. A door on every node (2 points)

Write a Service named `entrance` for the Pods of the Deployment `web`. Inside the cluster it listens on port 8080; outside it is reached on
port `{node_port}` of every node.
"""

# %% id="nodeport-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "nodeport-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "nodeport")

# %% id="nodeport" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "nodeport", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: entrance
# spec:
#   type: NodePort
#   selector:
#     app: web
#   ports:
#   - port: 8080
#     targetPort: {app_port}
#     nodePort: {node_port}
# ### END SOLUTION

# %% id="nodeport-test" nbgrader={"grade": true, "grade_id": "nodeport-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
entrance = checks.Service("entrance", namespace)
made = card.check(
    0.5, _("The Service is a NodePort with these ports"), entrance.matches,
    {"spec": {"type": "NodePort", "ports": [{"port": 8080, "nodePort": node_port}]}},
)
### BEGIN HIDDEN TESTS
found = card.check(0.5, _("The Pods of the Deployment web stand behind it"), entrance.endpoints_are, {"app": "web"}, within=8)
card.check(
    1, _("Every node answers on the node port"), entrance.answers_at_nodes, 8080, contains="web-", within=3, after=made and found
)
### END HIDDEN TESTS
card

# %% [markdown] id="headless-text" nbgrader={"grade": false, "grade_id": "headless-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 6. With and without a head (2.5 points)

Write a **headless** Service named `web-all` for the Pods of the Deployment `web`.
"""

# %% id="headless-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "headless-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "headless")

# %% id="headless" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "headless", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Service
# metadata:
#   name: web-all
# spec:
#   clusterIP: None
#   selector:
#     app: web
#   ports:
#   - port: {app_port}
# ### END SOLUTION

# %% [markdown] id="headless-dns-text" nbgrader={"grade": false, "grade_id": "headless-dns-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
Now to DNS. The Deployment `web` has `{replicas}` replicas, all ready. How many addresses does the name server give for the name `web-all`? How
many would it give if the Service were an ordinary one, of type ClusterIP? Numbers, or an expression of the parameters:

```python
dns = {"headless": …, "cluster_ip": …}
```
"""

# %% id="headless-dns" nbgrader={"grade": false, "grade_id": "headless-dns", "locked": false, "schema_version": 3, "solution": true, "task": false}
dns = ...
### BEGIN SOLUTION
dns = {"headless": replicas, "cluster_ip": 1}
### END SOLUTION

# %% id="headless-test" nbgrader={"grade": true, "grade_id": "headless-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
every = checks.Service("web-all", namespace)
made = card.check(
    0.5, _("The Service is headless, and selects the Pods of the Deployment web"), every.matches,
    {"spec": {"clusterIP": "None", "selector": {"app": "web"}}},
)
answered = card.check(0, _("There is an answer"), checks.answer, "dns")
### BEGIN HIDDEN TESTS
found = card.check(0.5, _("The Pods stand behind it"), every.endpoints_are, {"app": "web"}, within=8)
client = checks.Object("pod", "client", namespace)
card.check(
    0.5, _("Its name stands for the addresses of the Pods"), every.resolves_to, {"app": "web"},
    client=client, within=3 if made else 0, after=found,
)
given = checks.answer("dns") if answered else {}
given = given if isinstance(given, dict) else {}
card.expect(
    0.5, _("The number of addresses of the headless Service"), given.get("headless") == replicas,
    _("There are {right}, one for each ready Pod; the answer is {given}.").format(right=replicas, given=repr(given.get("headless"))),
)
card.expect(
    0.5, _("The number of addresses of an ordinary Service"), given.get("cluster_ip") == 1,
    _("There is 1, the Service's own; the answer is {given}.").format(given=repr(given.get("cluster_ip"))),
)
### END HIDDEN TESTS
card

# %% [markdown] id="readiness-text" nbgrader={"grade": false, "grade_id": "readiness-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 7. Two of three (2.5 points)

Three Pods, `books-0` to `books-2`, stand behind the Service `books`, made by the next cell. All three run; the Service sends requests to
two of them. Find out which one is left out, and put its name into `left_out`. Then find out why, and see to it that it serves as the
others do.

Leave the probes in place, and the Service as it is: there is nothing wrong with either.
"""

# %% id="readiness-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "readiness-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "readiness")

# %% id="readiness-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "readiness-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.make_laggard(namespace, seed)

# %% id="readiness" nbgrader={"grade": false, "grade_id": "readiness", "locked": false, "schema_version": 3, "solution": true, "task": false}
left_out = ...
### BEGIN SOLUTION
from course import kubectl

for pod in kubectl.get_all("pod", "--namespace", namespace, "--selector", "app=books"):
    if not pod["status"]["containerStatuses"][0]["ready"]:
        left_out = pod["metadata"]["name"]
### END SOLUTION

# %% id="readiness-repair" nbgrader={"grade": false, "grade_id": "readiness-repair", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl exec {left_out} --namespace {namespace} -- mv /pages/raedy /pages/ready
### END SOLUTION

# %% id="readiness-test" nbgrader={"grade": true, "grade_id": "readiness-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
books = checks.Service("books", namespace)
pods = ["books-0", "books-1", "books-2"]
all_three = card.check(1, _("All three Pods get requests"), books.endpoints_are, pods, within=5)
answered = card.check(0, _("There is an answer"), checks.answer, "left_out")
### BEGIN HIDDEN TESTS
lot = checks.Laggard.of(seed)
given = checks.answer("left_out") if answered else None
card.expect(0.5, _("The answer names the Pod that was left out"), given == lot.name, _("It was {right}; the answer is {given}.").format(right=lot.name, given=repr(given)))
late = checks.Object("pod", lot.name, namespace)
card.check(
    0.5, _("That Pod still has its readiness probe"), late.matches,
    {"spec": {"containers": [{"readinessProbe": {"httpGet": {"path": "/ready"}}}]}}, after=all_three,
)
card.check(0.5, _("It is ready, not merely listed"), late.is_ready, within=2, steady=0, after=all_three)
### END HIDDEN TESTS
card

# %% [markdown] id="alias-text" nbgrader={"grade": false, "grade_id": "alias-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 8. Next door (2 points)

In the namespace `{other_namespace}` there is a Service `store`. Programs in `{namespace}` are to find it by the name `{alias}`, just so, without
its namespace: should it move one day, nobody shall have to change them.

Make a Service of type ExternalName for that.
"""

# %% id="alias-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "alias-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "alias")

# %% id="alias-given" language="apply" magic_args="--namespace {other_namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "alias-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: store
#   labels:
#     app: store
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: server
#     image: busybox:1.35
#     command: ["/bin/sh", "-c"]
#     args: ["mkdir /pages; echo 'The store, next door' > /pages/index.html; exec httpd -f -p 8080 -h /pages"]
# ---
# apiVersion: v1
# kind: Service
# metadata:
#   name: store
# spec:
#   selector:
#     app: store
#   ports:
#   - port: 80
#     targetPort: 8080

# %% id="alias" nbgrader={"grade": false, "grade_id": "alias", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl create service externalname {alias} --external-name=store.{other_namespace}.svc.cluster.local --namespace {namespace}
### END SOLUTION

# %% id="alias-test" nbgrader={"grade": true, "grade_id": "alias-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
door = checks.Service(alias, namespace)
made = card.check(0.5, _("The Service is of type ExternalName"), door.matches, {"spec": {"type": "ExternalName"}})
### BEGIN HIDDEN TESTS
whole = f"store.{other_namespace}.svc.cluster.local"
card.check(
    0.5, _("It stands for the whole name of the Service"), door.matches,
    {"spec": {"externalName": checks.either(whole, f"{whole}.")}}, after=made,
)
card.check(0, _("The store is open"), checks.Object("pod", "store", other_namespace).is_ready, steady=0)
client = checks.Object("pod", "client", namespace)
card.check(
    1, _("A Pod gets the store's page by the name"), door.answers_by_name, 80,
    client=client, contains="The store, next door", within=3, after=made,
)
### END HIDDEN TESTS
card

# %% [markdown] id="switch-text" nbgrader={"grade": false, "grade_id": "switch-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 9. From blue to green (2.5 points)

The Service `front` sends all requests to the Deployment `blue`. The new version is ready beside it: the Deployment `green`. Switch
the traffic over at one stroke: from now on *only* green answers. Nobody may notice: the Service keeps its address. And leave
blue running, so that you can go back.
"""

# %% id="switch-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "switch-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("services", "switch")

# %% id="switch-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "switch-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: blue
# spec:
#   replicas: 2
#   selector:
#     matchLabels: {app: front, colour: blue}
#   template:
#     metadata:
#       labels: {app: front, colour: blue}
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: server
#         image: busybox:1.35
#         command: ["/bin/sh", "-c"]
#         args: ["mkdir /pages; hostname > /pages/index.html; exec httpd -f -p 8080 -h /pages"]
# ---
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: green
# spec:
#   replicas: 2
#   selector:
#     matchLabels: {app: front, colour: green}
#   template:
#     metadata:
#       labels: {app: front, colour: green}
#     spec:
#       terminationGracePeriodSeconds: 1
#       containers:
#       - name: server
#         image: busybox:1.35
#         command: ["/bin/sh", "-c"]
#         args: ["mkdir /pages; hostname > /pages/index.html; exec httpd -f -p 8080 -h /pages"]
# ---
# apiVersion: v1
# kind: Service
# metadata:
#   name: front
# spec:
#   selector:
#     app: front
#     colour: blue
#   ports:
#   - port: 80
#     targetPort: 8080

# %% id="switch-address" tags=["setup"] nbgrader={"grade": false, "grade_id": "switch-address", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %kubectl --into front_address get service front --namespace {namespace} -o jsonpath={.spec.clusterIP}

# %% id="switch" nbgrader={"grade": false, "grade_id": "switch", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl set selector service front app=front,colour=green --namespace {namespace}
### END SOLUTION

# %% id="switch-test" nbgrader={"grade": true, "grade_id": "switch-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
front = checks.Service("front", namespace)
runs = card.check(0, _("Green runs"), checks.Object("deployment", "green", namespace).is_ready, steady=0)
over = card.check(
    1, _("Green stands behind the Service, and nobody else"), front.endpoints_are,
    {"app": "front", "colour": "green"}, within=3, after=runs,
)
### BEGIN HIDDEN TESTS
card.check(
    0.5, _("Requests are answered by green's Pods only"), front.answers_come_from,
    {"app": "front", "colour": "green"}, 80, requests=20, after=over,
)
card.check(
    0.5, _("Blue still runs, with both Pods"), checks.Object("deployment", "blue", namespace).matches,
    {"status": {"readyReplicas": 2}}, within=2, after=over,
)
card.check(
    0.5, _("The Service kept its address"), front.matches, {"spec": {"clusterIP": front_address}}, after=over
)
### END HIDDEN TESTS
card

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in,
`%kubectl delete namespace {namespace} {other_namespace}` clears the cluster of what you made here.
"""
