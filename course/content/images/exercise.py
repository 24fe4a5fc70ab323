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
# Exercise: Images and container runtimes

Twelve tasks, 22 points. Write your answers into the cells that say `YOUR ANSWER HERE`; below each task is a cell that
checks it. Run that as often as you like. When you hand in, more checks run than you see here, and the values in the next
cell are others: use its variables rather than their values. In `%kubectl` and `%%apply`, `{namespace}` stands for the
value of `namespace`; in Python, `f"{app}:{tag}"` is a text with two values in it.

Some answers are objects in the cluster, others are data: a text, a list, a dictionary. No task needs a command on a node,
and none needs the internet.

Below each task's text is a cell that helps: run it, and it has buttons that give a hint, check what you have, and show
the solution. Help costs no points.

The cell *Begin here* makes the exercise's namespace anew, and empty: run it again whenever you want to start over.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
namespace = "images-exercise"
team = "acorn"
app = "shop"
tag = "2.1"
registry = "registry.acorn.lab:5443"
mirror = "mirror.acorn.lab:5000"
ca_file = "/etc/ssl/acorn/ca.pem"
archive = "shop.tar"
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
checks.fresh_namespace(namespace)

# %% [markdown] id="names-text" nbgrader={"grade": false, "grade_id": "names-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. The whole name (2 points)

An image's name is nearly always written short. The runtime completes it before it asks anybody: a registry, a path, and
a tag or a digest.

The next cell holds six short names. Write down, for each of its keys, the whole name that a runtime makes of it:

```python
full = {"a": f"…", "b": f"…", …}
```
"""

# %% id="names-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "names-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "names")

# %% id="names-given" nbgrader={"grade": false, "grade_id": "names-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
digest = "sha256:" + "5a" * 32
short = {
    "a": app,
    "b": f"{app}:{tag}",
    "c": f"{team}/{app}:{tag}",
    "d": f"{registry}/{team}/{app}",
    "e": f"{app}@{digest}",
    "f": f"localhost/{app}:{tag}",
}
short

# %% id="names" nbgrader={"grade": false, "grade_id": "names", "locked": false, "schema_version": 3, "solution": true, "task": false}
full = ...
### BEGIN SOLUTION
full = {
    "a": f"docker.io/library/{app}:latest",
    "b": f"docker.io/library/{app}:{tag}",
    "c": f"docker.io/{team}/{app}:{tag}",
    "d": f"{registry}/{team}/{app}:latest",
    "e": f"docker.io/library/{app}@{digest}",
    "f": f"localhost/{app}:{tag}",
}
### END SOLUTION

# %% id="names-test" nbgrader={"grade": true, "grade_id": "names-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
whole = card.check(0, _("There is a name for each of the six"), checks.is_mapping, "full", "a", "b", "c", "d", "e", "f")
### BEGIN HIDDEN TESTS
card.check(
    0.25, _("A bare name gets registry, path and tag"), checks.says, "full", "a", wanted=f"docker.io/library/{app}:latest",
    because=_("Docker Hub's own images lie in library; without a tag, the tag is latest."), after=whole,
)
card.check(
    0.25, _("A tag that is given stays"), checks.says, "full", "b", wanted=f"docker.io/library/{app}:{tag}",
    because=_("only what is missing is added: the registry, and library."), after=whole,
)
card.check(
    0.5, _("A name with a path gets the registry, and not library"), checks.says, "full", "c", wanted=f"docker.io/{team}/{app}:{tag}",
    because=_("library stands only where there is no path of its own."), after=whole,
)
card.check(
    0.5, _("A name that begins with a registry keeps it"), checks.says, "full", "d", wanted=f"{registry}/{team}/{app}:latest",
    because=_("a first part with a dot or a port is a registry; the tag is missing still."), after=whole,
)
card.check(
    0.25, _("A name with a digest gets no tag"), checks.says, "full", "e", wanted=f"docker.io/library/{app}@{digest}",
    because=_("the digest says already which image it is."), after=whole,
)
card.check(
    0.25, _("localhost is a registry too"), checks.says, "full", "f", wanted=f"localhost/{app}:{tag}",
    because=_("localhost is the one word without a dot or a port that counts as a registry."), after=whole,
)
### END HIDDEN TESTS
card

# %% [markdown] id="runtime-text" nbgrader={"grade": false, "grade_id": "runtime-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 2. Which runtime is it? (1 point)

Every node says what runs its containers. Look at a node of this cluster, and write down

- `name`: the runtime's name, without its version;
- `version`: the runtime's version, as the node writes it;
- `kubelet`: the kubelet's version, as the node writes it;
- `no_dockershim_since`: the first Kubernetes version without dockershim, as a text like `"1.30"`.

```python
runtime = {"name": …, "version": …, "kubelet": …, "no_dockershim_since": "…"}
```

The first three are for your code to read from the cluster: the cluster that grades your work is another one.
"""

# %% id="runtime-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "runtime-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "runtime")

# %% id="runtime" nbgrader={"grade": false, "grade_id": "runtime", "locked": false, "schema_version": 3, "solution": true, "task": false}
runtime = ...
### BEGIN SOLUTION
from course import kubectl

info = kubectl.get_all("node")[0]["status"]["nodeInfo"]
name, version = info["containerRuntimeVersion"].split("://")
runtime = {"name": name, "version": version, "kubelet": info["kubeletVersion"], "no_dockershim_since": "1.24"}
### END SOLUTION

# %% id="runtime-test" nbgrader={"grade": true, "grade_id": "runtime-test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=1)
answered = card.check(0, _("There is an answer"), checks.is_mapping, "runtime", "name", "version", "kubelet", "no_dockershim_since")
### BEGIN HIDDEN TESTS
from course import kubectl

info = kubectl.get_all("node")[0]["status"]["nodeInfo"]
name, _, version = info["containerRuntimeVersion"].partition("://")
seen = _("the node's status.nodeInfo has it: kubectl get node -o yaml.")
card.check(0.25, _("The runtime's name"), checks.says, "runtime", "name", wanted=name, because=seen, after=answered)
card.check(0.25, _("The runtime's version"), checks.says, "runtime", "version", wanted=version, because=seen, after=answered)
card.check(0.25, _("The kubelet's version"), checks.says, "runtime", "kubelet", wanted=info["kubeletVersion"], because=seen, after=answered)
card.check(
    0.25, _("The version that dockershim was removed in"), checks.says, "runtime", "no_dockershim_since",
    wanted=checks.pattern(r"^v?1\.24(\.0)?$"), because=_("1.24 was the first without it; it was announced in 1.20."), after=answered,
)
### END HIDDEN TESTS
card

# %% [markdown] id="policy-text" nbgrader={"grade": false, "grade_id": "policy-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 3. Who asks a registry? (2 points)

The next cell describes six containers. The node that their Pods are to run on holds just these three images, and the
registry holds every image that is named here:

    docker.io/library/nginx:latest
    docker.io/library/nginx:1.22
    docker.io/library/busybox:1.35

Predict:

- `policy`: the pull policy that Kubernetes gives `a`, `b` and `d`, which say nothing of it;
- `asks`: the list of the containers for which the kubelet has a registry asked, be it only whether there is a newer image;
- `fails`: the list of the containers that do not start.

```python
policy = {"a": "…", "b": "…", "d": "…"}
asks = ["…", …]
fails = ["…", …]
```
"""

# %% id="policy-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "policy-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "policy")

# %% id="policy-given" nbgrader={"grade": false, "grade_id": "policy-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
containers = {
    "a": {"image": "nginx"},
    "b": {"image": "nginx:1.22"},
    "c": {"image": "nginx:latest", "imagePullPolicy": "IfNotPresent"},
    "d": {"image": "busybox:1.36"},
    "e": {"image": "busybox:1.35", "imagePullPolicy": "Always"},
    "f": {"image": "busybox:1.37", "imagePullPolicy": "Never"},
}

# %% id="policy" nbgrader={"grade": false, "grade_id": "policy", "locked": false, "schema_version": 3, "solution": true, "task": false}
policy = ...
asks = ...
fails = ...
### BEGIN SOLUTION
policy = {"a": "Always", "b": "IfNotPresent", "d": "IfNotPresent"}
asks = ["a", "d", "e"]
fails = ["f"]
### END SOLUTION

# %% id="policy-test" nbgrader={"grade": true, "grade_id": "policy-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is a policy for a, b and d"), checks.is_mapping, "policy", "a", "b", "d")
### BEGIN HIDDEN TESTS
card.check(
    0.5, _("Without a tag, the policy is right"), checks.says, "policy", "a", wanted="Always",
    because=_("no tag means latest, and what is latest may change: Kubernetes looks each time."), after=answered,
)
card.check(
    0.25, _("With a tag, the policy is right"), checks.says, "policy", "b", wanted="IfNotPresent",
    because=_("a tag other than latest is taken to name one image for good."), after=answered,
)
card.check(
    0.25, _("The policy does not depend on what the node holds"), checks.says, "policy", "d", wanted="IfNotPresent",
    because=_("it is written into the Pod when that is created; nobody looks at a node for it."), after=answered,
)
card.check(
    0.5, _("The containers for which a registry is asked"), checks.says, "asks", wanted=checks.exactly("a", "d", "e"),
    because=_("Always asks each time, IfNotPresent where the node has no such image, Never not at all."),
)
card.check(
    0.5, _("The containers that do not start"), checks.says, "fails", wanted=checks.exactly("f"),
    because=_("Never, and the node does not hold busybox:1.37: ErrImageNeverPull, whatever the registry has."),
)
### END HIDDEN TESTS
card

# %% [markdown] id="digest-text" nbgrader={"grade": false, "grade_id": "digest-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 4. Pinned (2 points)

A tag can be moved to another image; a digest cannot. The Pod `origin`, made by the next cell, runs `nginx:1.22`.

Find the digest of the image that `origin` really runs from, and start a Pod named `pinned`, with one container, whose
image is named by that digest and by no tag. So it runs from the same image for ever, whatever becomes of the tag.

Find the digest in the first answer cell (so that it is in a Python variable), start the Pod in the second.
"""

# %% id="digest-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "digest-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "digest")

# %% id="digest-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "digest-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
from course import kubectl

kubectl.run(["run", "origin", "--image=nginx:1.22", "--namespace", namespace]).check()
checks.Object("pod", "origin", namespace).is_ready(steady=0, within=60);

# %% id="digest" nbgrader={"grade": false, "grade_id": "digest", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl --into image_id get pod origin --namespace {namespace} -o jsonpath={.status.containerStatuses[0].imageID}
pin = image_id.split("@")[1]
### END SOLUTION

# %% id="digest-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "digest-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: pinned
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: web
#     image: nginx@{pin}
# ### END SOLUTION

# %% id="digest-test" nbgrader={"grade": true, "grade_id": "digest-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
pinned = checks.Object("pod", "pinned", namespace)
by_digest = card.check(
    0.5, _("The image is named by a digest and by no tag"), pinned.matches,
    {"spec": {"containers": [{"image": checks.pattern(r"^(docker\.io/library/)?nginx@sha256:[0-9a-f]{64}$")}]}},
)
ready = card.check(0.5, _("The Pod gets ready"), pinned.is_ready, after=by_digest)
### BEGIN HIDDEN TESTS
origin = checks.Object("pod", "origin", namespace)
card.check(0.5, _("The Pod runs from the very image that origin runs from"), lambda: checks.runs_digest(pinned, checks.digest_of(origin)), after=ready)
card.check(0.5, _("nginx answers at the Pod's address"), pinned.answers, 80, contains="Welcome to nginx", after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="offline-text" nbgrader={"grade": false, "grade_id": "offline-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 5. Without any registry (2 points)

In a room without a network, an image is where somebody has put it, on one node and not on another. Suppose that
`busybox:1.35` is on the node on which the Pod `keeper` runs (the next cell starts it), and on no other.

Start a Pod named `offline` from `busybox:1.35`, with the command `sleep 3600`, that

- never has a registry asked for its image;
- can only be put on the node that has it: give it a `nodeSelector` with the node's label `kubernetes.io/hostname`.

Find the node in the first answer cell, start the Pod in the second.
"""

# %% id="offline-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "offline-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "offline")

# %% id="offline-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "offline-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
from course import kubectl

kubectl.run(["run", "keeper", "--image=busybox:1.35", "--namespace", namespace, "--", "sleep", "3600"]).check()
checks.Object("pod", "keeper", namespace).is_ready(steady=0, within=60);

# %% id="offline" nbgrader={"grade": false, "grade_id": "offline", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl --into node get pod keeper --namespace {namespace} -o jsonpath={.spec.nodeName}
### END SOLUTION

# %% id="offline-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "offline-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: offline
# spec:
#   terminationGracePeriodSeconds: 1
#   nodeSelector:
#     kubernetes.io/hostname: {node}
#   containers:
#   - name: main
#     image: busybox:1.35
#     imagePullPolicy: Never
#     command: ["sleep", "3600"]
# ### END SOLUTION

# %% id="offline-test" nbgrader={"grade": true, "grade_id": "offline-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
offline = checks.Object("pod", "offline", namespace)
there = card.check(
    0.5, _("The Pod runs busybox:1.35 and pulls it never"), offline.matches,
    {"spec": {"containers": [{"image": checks.named("busybox:1.35"), "imagePullPolicy": "Never"}]}},
)
ready = card.check(0.5, _("The Pod gets ready"), offline.is_ready, after=there)
### BEGIN HIDDEN TESTS
keeper = checks.Object("pod", "keeper", namespace).get()
node = checks.Object("node", keeper["spec"]["nodeName"]).get()["metadata"]["labels"]["kubernetes.io/hostname"]
card.check(
    0.5, _("The Pod can be put on that node only"), offline.matches,
    {"spec": {"nodeSelector": {"kubernetes.io/hostname": node}}},
)
card.check(0.5, _("No registry was asked for its image"), checks.did_not_pull, offline, after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="diagnosis-text" nbgrader={"grade": false, "grade_id": "diagnosis-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 6. Three that do not start: why? (1.5 points)

The next cell makes three Pods: `web`, `worker` and `store`. None of them starts, each for a reason of its own. Write down

- `reasons`: for each Pod, the reason that its container's status gives for waiting;
- `asked`: the list of the Pods for whose image a registry has been asked.

```python
reasons = {"web": "…", "worker": "…", "store": "…"}
asked = ["…", …]
```

Let your code read the reasons: when you hand in, each Pod has another one. (A pull that failed is tried again after a
while, and the status changes between two words; either will do.)
"""

# %% id="diagnosis-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "diagnosis-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "diagnosis")

# %% id="diagnosis-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "diagnosis-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.make_image_trouble(namespace, seed)

# %% id="diagnosis" nbgrader={"grade": false, "grade_id": "diagnosis", "locked": false, "schema_version": 3, "solution": true, "task": false}
reasons = ...
asked = ...
### BEGIN SOLUTION
from course import kubectl

reasons = {}
for pod in ("web", "worker", "store"):
    status = kubectl.get("pod", pod, namespace)["status"]["containerStatuses"][0]
    reasons[pod] = status["state"]["waiting"]["reason"]
asked = [pod for pod, reason in reasons.items() if reason in ("ErrImagePull", "ImagePullBackOff")]
### END SOLUTION

# %% id="diagnosis-test" nbgrader={"grade": true, "grade_id": "diagnosis-test", "locked": true, "points": 1.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=1.5)
answered = card.check(0, _("There is a reason for each Pod"), checks.is_mapping, "reasons", "web", "worker", "store")
### BEGIN HIDDEN TESTS
trouble = checks.ImageTrouble.of(seed)
card.check(0.25, _("Why web does not start"), checks.says, "reasons", "web", wanted=checks.either(*trouble.reasons("web")), after=answered)
card.check(0.25, _("Why worker does not start"), checks.says, "reasons", "worker", wanted=checks.either(*trouble.reasons("worker")), after=answered)
card.check(0.25, _("Why store does not start"), checks.says, "reasons", "store", wanted=checks.either(*trouble.reasons("store")), after=answered)
card.check(
    0.75, _("The Pods for which a registry was asked"), checks.says, "asked", wanted=checks.exactly(*trouble.asked),
    because=_("a name that is none is refused by the kubelet itself, and Never forbids to ask: only ErrImagePull is a registry's answer."),
)
### END HIDDEN TESTS
card

# %% [markdown] id="repair-text" nbgrader={"grade": false, "grade_id": "repair-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 7. Three that do not start: mend them (2.5 points)

Bring the three Pods to life, under the same names:

- `web` is to run `nginx:1.22`, `worker` and `store` are to run `busybox:1.35` with the command `sleep 3600`;
- each must be allowed to pull its image where the node does not have it.

Some of a Pod's fields can be changed while it exists, most cannot. Use two cells if you first delete and then apply.
"""

# %% id="repair-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "repair-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "repair")

# %% id="repair" nbgrader={"grade": false, "grade_id": "repair", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl delete pod web worker store --namespace {namespace}
### END SOLUTION

# %% id="repair-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "repair-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: web
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: nginx:1.22
# ---
# apiVersion: v1
# kind: Pod
# metadata:
#   name: worker
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["sleep", "3600"]
# ---
# apiVersion: v1
# kind: Pod
# metadata:
#   name: store
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: main
#     image: busybox:1.35
#     command: ["sleep", "3600"]
# ### END SOLUTION

# %% id="repair-test" nbgrader={"grade": true, "grade_id": "repair-test", "locked": true, "points": 2.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2.5)
nginx, busybox = checks.named("nginx:1.22"), checks.named("busybox:1.35")
web, worker, store = (checks.Object("pod", name, namespace) for name in ("web", "worker", "store"))
mended = card.check(0.25, _("web names the right image"), web.matches, {"spec": {"containers": [{"image": nginx}]}})
mended &= card.check(0.25, _("worker names the right image"), worker.matches, {"spec": {"containers": [{"image": busybox}]}})
mended &= card.check(0.25, _("store names the right image"), store.matches, {"spec": {"containers": [{"image": busybox}]}})
### BEGIN HIDDEN TESTS
card.check(0.25, _("web gets ready"), web.is_ready, within=12)
card.check(0.25, _("worker gets ready"), worker.is_ready, within=12)
card.check(0.25, _("store gets ready"), store.is_ready, within=12)
may_pull = {"spec": {"containers": [{"imagePullPolicy": checks.either("IfNotPresent", "Always")}]}}


def all_may_pull():
    for pod in (web, worker, store):
        pod.matches(may_pull)


card.check(1, _("Each may pull its image where the node has none"), all_may_pull, after=mended)
### END HIDDEN TESTS
card

# %% [markdown] id="registries-text" nbgrader={"grade": false, "grade_id": "registries-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 8. K3s: registries.yaml (2 points)

A K3s node is to pull as follows:

- images of Docker Hub from the mirror `{mirror}`, which speaks plain HTTP;
- images of the registry `{registry}` from itself, whose certificate is signed by an authority of your own: its
  certificate is in the file `{ca_file}` on the node. Certificates are to be verified.

Write the content of `/etc/rancher/k3s/registries.yaml` that says so into the variable `registries_yaml`, as a text:

```python
registries_yaml = f"""
mirrors:
  …
"""
```
"""

# %% id="registries-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "registries-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "registries")

# %% id="registries" nbgrader={"grade": false, "grade_id": "registries", "locked": false, "schema_version": 3, "solution": true, "task": false}
registries_yaml = ...
### BEGIN SOLUTION
registries_yaml = f"""
mirrors:
  docker.io:
    endpoint:
    - "http://{mirror}"
configs:
  "{registry}":
    tls:
      ca_file: {ca_file}
"""
### END SOLUTION

# %% id="registries-test" nbgrader={"grade": true, "grade_id": "registries-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
file = checks.RegistriesFile("registries_yaml")
valid = card.check(0.5, _("K3s can read the file"), file.is_valid)
### BEGIN HIDDEN TESTS
card.check(0.75, _("Docker Hub's images come from the mirror"), file.sends, "docker.io", to=f"http://{mirror}", after=valid)
card.check(0.75, _("The registry's certificate is verified by the authority's"), file.trusts, registry, ca_file=ca_file, after=valid)
### END HIDDEN TESTS
card

# %% [markdown] id="hosts-text" nbgrader={"grade": false, "grade_id": "hosts-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 9. containerd: hosts.toml (2 points)

A node with containerd, without K3s, is to ask a mirror for Docker Hub's images first. This mirror, `{mirror}`, speaks
HTTPS, with a certificate that the node cannot verify: it is to be used all the same. The mirror may be asked for what
a tag means and for images, but nothing may be pushed to it. Where the mirror has no answer, Docker Hub itself
(`https://registry-1.docker.io`) is asked.

Write down

- `hosts_path`: the whole path of the file in which this is said; containerd's `config_path` is `/etc/containerd/certs.d`;
- `hosts_toml`: its content, as a text.
"""

# %% id="hosts-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "hosts-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "hosts")

# %% id="hosts" nbgrader={"grade": false, "grade_id": "hosts", "locked": false, "schema_version": 3, "solution": true, "task": false}
hosts_path = ...
hosts_toml = ...
### BEGIN SOLUTION
hosts_path = "/etc/containerd/certs.d/docker.io/hosts.toml"
hosts_toml = f"""
server = "https://registry-1.docker.io"

[host."https://{mirror}"]
  capabilities = ["pull", "resolve"]
  skip_verify = true
"""
### END SOLUTION

# %% id="hosts-test" nbgrader={"grade": true, "grade_id": "hosts-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
file = checks.HostsFile("hosts_toml")
valid = card.check(0.5, _("containerd can read the file"), file.is_valid)
### BEGIN HIDDEN TESTS
card.check(
    0.5, _("The file lies where containerd looks"), checks.says, "hosts_path", wanted="/etc/containerd/certs.d/docker.io/hosts.toml",
    because=_("below config_path there is a folder for each registry, named as in an image's whole name."),
)
card.check(
    0.5, _("The mirror is asked, for tags and images only, and not verified"), file.asks, f"https://{mirror}",
    capabilities=frozenset({"pull", "resolve"}), skip_verify=True, after=valid,
)
card.check(
    0.5, _("Docker Hub itself comes last"), file.falls_back_to, "https://registry-1.docker.io", "https://docker.io", after=valid,
)
### END HIDDEN TESTS
card

# %% [markdown] id="move-text" nbgrader={"grade": false, "grade_id": "move-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 10. From Docker to the kubelet (1.5 points)

On a node without internet there are Docker, with the image `{team}/{app}:{tag}`, and containerd, from which the kubelet
runs its Pods. Bring the image from the one to the other, by way of the file `{archive}`, and then look whether the
runtime now offers it to the kubelet.

Write the three commands down in their order, each as a list of words:

```python
commands = [["docker", "…", …], …]
```
"""

# %% id="move-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "move-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "move")

# %% id="move" nbgrader={"grade": false, "grade_id": "move", "locked": false, "schema_version": 3, "solution": true, "task": false}
commands = ...
### BEGIN SOLUTION
commands = [
    ["docker", "save", "-o", archive, f"{team}/{app}:{tag}"],
    ["ctr", "-n", "k8s.io", "images", "import", archive],
    ["crictl", "images"],
]
### END SOLUTION

# %% id="move-test" nbgrader={"grade": true, "grade_id": "move-test", "locked": true, "points": 1.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=1.5)
accepted = card.check(0, _("The programs would accept these commands"), checks.steps, "commands")
### BEGIN HIDDEN TESTS
image = checks.Predicate(f"{team}/{app}:{tag}", lambda given: tuple(given) in {(f"{team}/{app}:{tag}",), (f"docker.io/{team}/{app}:{tag}",)})
saved = card.check(0.5, _("Docker's image goes into the file"), checks.does, "commands", "save", archive=archive, images=image)
brought = card.check(
    0.5, _("The file goes to where the kubelet's images are"), checks.does, "commands", "import", after_step="save",
    archive=archive, place="k8s.io", after=accepted,
)
card.check(0.5, _("The runtime is asked for its images at the end"), checks.does, "commands", "list", after_step="import", place="k8s.io", after=accepted)
### END HIDDEN TESTS
card

# %% [markdown] id="unseen-text" nbgrader={"grade": false, "grade_id": "unseen-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 11. Imported, and not there (1.5 points)

A colleague has imported an image on a node. `ctr` reported success; still the Pod waits with `ErrImageNeverPull`. The
next cell shows what was typed, and what came.

- `places`: containerd's namespace into which the image went, and the one in which the kubelet's runtime looks:
  `places = {"image": "…", "kubelet": "…"}`
- `way_out`: the archive has been deleted meanwhile. Write down the two commands that bring the image from the one
  namespace to the other, by way of the file `{archive}`: `way_out = [["ctr", …], ["ctr", …]]`
"""

# %% id="unseen-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "unseen-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "unseen")

# %% id="unseen-given" nbgrader={"grade": false, "grade_id": "unseen-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(f"""\
$ ctr images import {archive}
docker.io/{team}/{app}:{tag}   saved
$ rm {archive}
$ crictl images
IMAGE                      TAG    IMAGE ID        SIZE
docker.io/library/nginx    1.22   0f8498f13f3ad   57.2MB
$ ctr namespaces ls -q
default
k8s.io
moby
""")

# %% id="unseen" nbgrader={"grade": false, "grade_id": "unseen", "locked": false, "schema_version": 3, "solution": true, "task": false}
places = ...
way_out = ...
### BEGIN SOLUTION
places = {"image": "default", "kubelet": "k8s.io"}
way_out = [
    ["ctr", "images", "export", archive, f"docker.io/{team}/{app}:{tag}"],
    ["ctr", "-n", "k8s.io", "images", "import", archive],
]
### END SOLUTION

# %% id="unseen-test" nbgrader={"grade": true, "grade_id": "unseen-test", "locked": true, "points": 1.5, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=1.5)
accepted = card.check(0, _("ctr would accept these commands"), checks.steps, "way_out")
### BEGIN HIDDEN TESTS
because = _("without -n, ctr works in the namespace default; the kubelet's images are in k8s.io.")
card.check(0.25, _("Where the image went"), checks.says, "places", "image", wanted="default", because=because)
card.check(0.25, _("Where the kubelet's runtime looks"), checks.says, "places", "kubelet", wanted="k8s.io", because=because)
card.check(
    0.5, _("The image is exported from where it is, by its whole name"), checks.does, "way_out", "export", place="default",
    archive=archive, images=(f"docker.io/{team}/{app}:{tag}",),
)
card.check(
    0.5, _("Then it is imported to where the kubelet looks"), checks.does, "way_out", "import", after_step="export", place="k8s.io",
    archive=archive, after=accepted,
)
### END HIDDEN TESTS
card

# %% [markdown] id="archive-text" nbgrader={"grade": false, "grade_id": "archive-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 12. Inside an archive (2 points)

The second of the next cells writes the file `app.tar` beside this notebook: an image, as `docker save` writes it. It is
a tar file like any other, with `manifest.json` as its table of contents, the image's configuration, and one tar file for
each layer. Read it with Python's `tarfile` and `json`, and write down

- `tag`: the name under which the image was saved;
- `layers`: how many layers it has;
- `command`: the list of words that a container runs when the Pod says nothing of it;
- `token`: the content of the file `etc/token`. One layer adds it and a later one deletes it, so that no container
  sees it. Is it gone from the image, too?

```python
image = {"tag": "…", "layers": …, "command": ["…", …], "token": "…"}
```

Let your code find all four: when you hand in, it is another image.
"""

# %% id="archive-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "archive-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("images", "archive")

# %% id="archive-put" tags=["setup"] nbgrader={"grade": false, "grade_id": "archive-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.give_archive(namespace, seed)

# %% id="archive-given" nbgrader={"grade": false, "grade_id": "archive-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
import base64
from pathlib import Path

from course import kubectl

fetched = kubectl.get("configmap", "image-archive", namespace)
Path("app.tar").write_bytes(base64.b64decode(fetched["binaryData"]["app.tar"]))

# %% id="archive" nbgrader={"grade": false, "grade_id": "archive", "locked": false, "schema_version": 3, "solution": true, "task": false}
image = ...
### BEGIN SOLUTION
import io
import json
import tarfile

with tarfile.open("app.tar") as tar:
    (manifest,) = json.load(tar.extractfile("manifest.json"))
    config = json.load(tar.extractfile(manifest["Config"]))["config"]
    token = ""
    for layer in manifest["Layers"]:
        with tarfile.open(fileobj=io.BytesIO(tar.extractfile(layer).read())) as files:
            if "etc/token" in files.getnames():
                token = files.extractfile("etc/token").read().decode()
image = {
    "tag": manifest["RepoTags"][0],
    "layers": len(manifest["Layers"]),
    "command": config["Entrypoint"] + config["Cmd"],
    "token": token,
}
### END SOLUTION

# %% id="archive-test" nbgrader={"grade": true, "grade_id": "archive-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.is_mapping, "image", "tag", "layers", "command", "token")
### BEGIN HIDDEN TESTS
right = checks.ImageArchive.of(seed)
card.check(
    0.5, _("The name under which it was saved"), checks.says, "image", "tag", wanted=right.tag,
    because=_("manifest.json has it, in RepoTags."), after=answered,
)
card.check(
    0.5, _("The number of layers"), checks.says, "image", "layers", wanted=right.layers,
    because=_("manifest.json lists them, in Layers; a layer that only deletes is one, too."), after=answered,
)
card.check(
    0.5, _("What a container runs"), checks.says, "image", "command", wanted=list(right.command),
    because=_("the words of Entrypoint, and behind them those of Cmd."), after=answered,
)
card.check(
    0.5, _("The file that a later layer deletes"), checks.says, "image", "token", wanted=right.token,
    because=_("a deletion is one more layer, which hides the file: the layer that added it is still in the image."), after=answered,
)
### END HIDDEN TESTS
card

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in,
`%kubectl delete namespace images-exercise` clears the cluster of what you made here.
"""
