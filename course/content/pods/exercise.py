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
# Exercise: Pods

Ten tasks, 23 points. Write your answers into the cells that say `YOUR ANSWER HERE`; below each task is a cell that
checks it. Run that as often as you like: it tells you what it looked for, what it found, and which command shows more.
When you hand in, more checks run than you see here, and the values in the next cell are others. So use its variables
rather than their values: in `%kubectl` and `%%apply`, `{pod_name}` stands for the value of `pod_name`.

Below each task's text is a cell that helps: run it, and it has buttons that give a hint, check what you have, and show
the solution. Help costs no points.

All happens in a namespace of its own, so add `--namespace {namespace}` (or `-n {namespace}`) to your commands. The cell
*Begin here* makes it anew, and empty: run it again whenever you want to start over.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
namespace = "pods-exercise"
pod_name = "hello"
tier = "frontend"
greeting = "Good morning"
port = 8080
second_port = 8081
dish = "soup"
seed = 7
error_code = 4711

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

# %% [markdown] id="hello-text" nbgrader={"grade": false, "grade_id": "hello-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. A Pod with a label (2 points)

Start a Pod named `{pod_name}` with the image `nginx:1.22` in the namespace `{namespace}`, and give it the label
`tier={tier}`. One command is enough.
"""

# %% id="hello-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "hello-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "hello")

# %% id="hello" nbgrader={"grade": false, "grade_id": "hello", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl run {pod_name} --image=nginx:1.22 --labels=tier={tier} --namespace {namespace}
### END SOLUTION

# %% id="hello-test" nbgrader={"grade": true, "grade_id": "hello-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
hello = checks.Object("pod", pod_name, namespace)
exists = card.check(0.5, _("The Pod runs the image nginx:1.22"), hello.matches, {"spec": {"containers": [{"image": "nginx:1.22"}]}})
card.check(0.5, _("The Pod carries the label"), hello.matches, {"metadata": {"labels": {"tier": tier}}})
### BEGIN HIDDEN TESTS
ready = card.check(0.5, _("The Pod gets ready"), hello.is_ready, after=exists)
card.check(0.5, _("nginx answers at the Pod's address"), hello.answers, 80, contains="Welcome to nginx", after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="sidecar-text" nbgrader={"grade": false, "grade_id": "sidecar-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 2. A page that a sidecar keeps fresh (3 points)

Make a Pod named `site` with two containers:

- `web` runs `nginx:1.22` and serves, on port 80, what is in the volume;
- `writer` runs `busybox:1.35` and writes the page `index.html` into the volume, again and again, at least every two
  seconds: a line that begins with the greeting `{greeting}`, followed by the time.

Both share one `emptyDir` volume. Write the YAML below the first line. (Should you want to change the Pod once it is
there: delete it first. Most of a Pod's spec cannot be changed.)
"""

# %% id="sidecar-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "sidecar-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "sidecar")

# %% id="sidecar" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "sidecar", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: site
# spec:
#   terminationGracePeriodSeconds: 1
#   volumes:
#   - name: page
#     emptyDir: {}
#   containers:
#   - name: web
#     image: nginx:1.22
#     volumeMounts:
#     - name: page
#       mountPath: /usr/share/nginx/html
#   - name: writer
#     image: busybox:1.35
#     command: ["/bin/sh", "-c"]
#     args:
#     - |
#       while true; do
#         echo "{greeting}, it is $(date)" > /work/index.html
#         sleep 1
#       done
#     volumeMounts:
#     - name: page
#       mountPath: /work
# ### END SOLUTION

# %% id="sidecar-test" nbgrader={"grade": true, "grade_id": "sidecar-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
site = checks.Object("pod", "site", namespace)
two = card.check(
    0.5,
    _("The Pod has the containers web and writer with their images"),
    site.matches,
    {"spec": {"containers": [{"name": "web", "image": "nginx:1.22"}, {"name": "writer", "image": "busybox:1.35"}]}},
)
ready = card.check(0.5, _("The Pod gets ready, with both containers"), site.is_ready, after=two)
### BEGIN HIDDEN TESTS
card.check(0.5, _("The volume is an emptyDir"), site.matches, {"spec": {"volumes": [{"emptyDir": ...}]}})
served = card.check(
    0.5, _("The page holds the greeting"), site.answers, 80, contains=greeting, after=ready, within=8
)
card.check(
    1, _("The page changes by itself, and keeps its greeting"), site.page_changes, 80, contains=greeting, after=served, within=10
)
### END HIDDEN TESTS
card

# %% [markdown] id="repair-text" nbgrader={"grade": false, "grade_id": "repair-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 3. Repair (3 points)

A colleague wrote the Pod below. It is to serve a page on port `{port}`, and is to be *ready* only when it does, which is
why it has a readiness probe. It never gets ready. There is more than one mistake, and you see the second only when the
first is mended.

Put a Pod in its place, with the same name, that works. Do not take the probe away: without it, Kubernetes would believe
the Pod ready when it is not.

Delete the Pod in the first answer cell, apply the better one in the second.
"""

# %% id="repair-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "repair-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "repair")

# %% id="repair-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "repair-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: shop
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: server
#     image: bussybox:1.35
#     command: ["/bin/sh", "-c"]
#     args: ["mkdir /pages; echo 'The shop is open' > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#     readinessProbe:
#       httpGet:
#         path: /
#         port: 80
#       periodSeconds: 1

# %% id="repair" nbgrader={"grade": false, "grade_id": "repair", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl delete pod shop --namespace {namespace}
### END SOLUTION

# %% id="repair-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "repair-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: shop
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: server
#     image: busybox:1.35
#     command: ["/bin/sh", "-c"]
#     args: ["mkdir /pages; echo 'The shop is open' > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#     readinessProbe:
#       httpGet:
#         path: /
#         port: {port}
#       periodSeconds: 1
# ### END SOLUTION

# %% id="repair-test" nbgrader={"grade": true, "grade_id": "repair-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
shop = checks.Object("pod", "shop", namespace)
image = card.check(
    0.5, _("The image can be pulled: the container has started"), shop.matches,
    {"status": {"containerStatuses": [{"name": "server", "started": True}]}}, within=15,
)
ready = card.check(1, _("The Pod gets ready"), shop.is_ready, after=image, within=12)
### BEGIN HIDDEN TESTS
probed = card.check(
    0.5, _("The probe is still there, and asks the right port"), shop.matches,
    {"spec": {"containers": [{"name": "server", "readinessProbe": {"httpGet": {"port": port}}}]}},
)
card.check(1, _("The shop's page is served"), shop.answers, port, contains="The shop is open", after=ready)
### END HIDDEN TESTS
card

# %% [markdown] id="culprit-text" nbgrader={"grade": false, "grade_id": "culprit-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 4. Which one, and why? (2 points)

Three Pods run in the namespace, made by the cell below the hints. One of them does not stay up. Find out which, and with which
exit code its container ends. Put both into the variable `culprit`:

```python
culprit = {"name": "…", "exit_code": …}
```

Then delete this Pod, and leave the two others alone.

When you hand in, there are other Pods, with other codes. So look first, as you always would; then let your
cell find the two by itself. For this, the Pods come as Python dictionaries, with all that `-o yaml` shows:

```python
from course import kubectl

pods = kubectl.get_all("pod", "--namespace", namespace)
```
"""

# %% id="culprit-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "culprit-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "culprit")

# %% id="culprit-given" tags=["setup"] nbgrader={"grade": false, "grade_id": "culprit-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.make_trouble(namespace, seed)

# %% id="culprit" nbgrader={"grade": false, "grade_id": "culprit", "locked": false, "schema_version": 3, "solution": true, "task": false}
culprit = ...
### BEGIN SOLUTION
from course import kubectl

for pod in kubectl.get_all("pod", "--namespace", namespace):
    state = pod["status"]["containerStatuses"][0]
    if "terminated" in state["lastState"]:
        failed = pod["metadata"]["name"]
        culprit = {"name": failed, "exit_code": state["lastState"]["terminated"]["exitCode"]}
# %kubectl delete pod {failed} --namespace {namespace}
### END SOLUTION

# %% id="culprit-test" nbgrader={"grade": true, "grade_id": "culprit-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "culprit")
### BEGIN HIDDEN TESTS
trouble = checks.Trouble.of(seed)
given = checks.answer("culprit") if answered else {}
given = given if isinstance(given, dict) else {}
name, code = given.get("name"), given.get("exit_code")
said = _("{pod} was the one that kept ending; the answer is {answer}.").format(pod=trouble.failing, answer=name)
card.expect(0.75, _("The answer names the right Pod"), name == trouble.failing, said)
said = _("The exit code was {code}; the answer is {answer!r}.").format(code=trouble.exit_code, answer=code)
card.expect(0.5, _("The answer has the exit code"), code == trouble.exit_code, said)
failing = checks.Object("pod", trouble.failing, namespace)
gone = card.check(0.5, _("The Pod that failed is deleted"), failing.is_absent, within=3)
missing = [name for name in trouble.healthy if checks.Object("pod", name, namespace).now() is None]
said = (
    _("Deleted, though they were well: {pods}.").format(pods=", ".join(missing))
    if missing
    else _("{pod} is still there.").format(pod=trouble.failing)
)
card.expect(0.25, _("It alone is deleted"), gone and not missing, said)
### END HIDDEN TESTS
card

# %% [markdown] id="sees-text" nbgrader={"grade": false, "grade_id": "sees-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 5. Who sees what? (2 points)

The cell below the hints makes a Pod `trio` with three containers and two volumes. Before you run it, read it. Mind the
paths: the same path is not always the same volume.

**Predict** which containers find each of these, and put your answer into the variable `sees`, a list of
container names for each key:

- `alpha_note`: the file `note` that `alpha` writes;
- `beta_note`: the file `note` that `beta` writes;
- `gamma_note`: the file `note` that `gamma` writes;
- `page`: in which containers does `wget -q -O - http://localhost:{port}/note` get an answer?

```python
sees = {"alpha_note": ["alpha", …], "beta_note": […], "gamma_note": […], "page": […]}
```

Then run that cell, and let the cluster tell you whether you are right, before you hand in.
"""

# %% id="sees-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "sees-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "sees")

# %% id="sees-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "sees-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: trio
# spec:
#   terminationGracePeriodSeconds: 1
#   volumes:
#   - name: papers
#     emptyDir: {}
#   - name: box
#     emptyDir: {}
#   containers:
#   - name: alpha
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "echo alpha > /papers/note; exec httpd -f -p {port} -h /papers"]
#     volumeMounts:
#     - name: papers
#       mountPath: /papers
#     - name: box
#       mountPath: /data
#   - name: beta
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "echo beta > /tmp/note; exec sleep 3600"]
#     volumeMounts:
#     - name: papers
#       mountPath: /box
#   - name: gamma
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "echo gamma > /box/note; exec sleep 3600"]
#     volumeMounts:
#     - name: box
#       mountPath: /box

# %% id="sees" nbgrader={"grade": false, "grade_id": "sees", "locked": false, "schema_version": 3, "solution": true, "task": false}
sees = ...
### BEGIN SOLUTION
sees = {
    "alpha_note": ["alpha", "beta"],
    "beta_note": ["beta"],
    "gamma_note": ["alpha", "gamma"],
    "page": ["alpha", "beta", "gamma"],
}
### END SOLUTION

# %% id="sees-test" nbgrader={"grade": true, "grade_id": "sees-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
trio = checks.Object("pod", "trio", namespace)
answered = card.check(0, _("There is an answer"), checks.answer, "sees")
### BEGIN HIDDEN TESTS
runs = answered and card.check(0, _("The Pod trio runs"), trio.is_ready)
# The examiner asks the cluster, with files that only the examiner knows of.
folders = ["/papers", "/data", "/box", "/tmp"]
truth = {}
if runs:
    for container, folder in (("alpha", "/papers"), ("beta", "/tmp"), ("gamma", "/box")):
        truth[f"{container}_note"] = checks.who_finds(trio, container, folder, folders)
    truth["page"] = checks.who_reaches(trio, f"http://localhost:{port}/note")
given = checks.answer("sees") if answered else {}
given = given if isinstance(given, dict) else {}
titles = {
    "alpha_note": _("Who finds the file that alpha writes"),
    "beta_note": _("Who finds the file that beta writes"),
    "gamma_note": _("Who finds the file that gamma writes"),
    "page": _("Who gets the page of localhost"),
}
for key, title in titles.items():
    one = given.get(key)
    names = sorted(str(name) for name in one) if isinstance(one, list) else []
    said = _("The cluster says {truth}; the answer is {answer!r}.").format(
        truth=", ".join(truth.get(key, [])) or "?", answer=one
    )
    card.expect(0.5, title, bool(runs) and names == truth[key], said)
### END HIDDEN TESTS
card

# %% [markdown] id="last_words-text" nbgrader={"grade": false, "grade_id": "last_words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 6. Last words (2 points)

Below the hints, a Pod `relay` is started with three containers. All three run, and yet something has happened: one of
them ended, and was started again.

Find out which. Then put what this container wrote **before** it ended, all of it and nothing else, into the variable
`last_words`. `%kubectl --into last_words …` puts there what a command prints. (When you hand in, the container is the
same, and the number in its words is another.)
"""

# %% id="last_words-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "last_words-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "last_words")

# %% id="last_words-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "last_words-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: relay
# spec:
#   terminationGracePeriodSeconds: 1
#   volumes:
#   - name: memory
#     emptyDir: {}
#   containers:
#   - name: reader
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "echo All is well.; exec sleep 3600"]
#   - name: keeper
#     image: busybox:1.35
#     command: ["/bin/sh", "-c"]
#     args:
#     - |
#       if [ -e /memory/seen ]; then echo All is well.; exec sleep 3600; fi
#       touch /memory/seen
#       echo Error {error_code} in the archive.
#       echo I cannot go on.
#       exit 1
#     volumeMounts:
#     - name: memory
#       mountPath: /memory
#   - name: sender
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "echo All is well.; exec sleep 3600"]

# %% id="last_words-wait" tags=["setup"] nbgrader={"grade": false, "grade_id": "last_words-wait", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %kubectl wait '--for=jsonpath={.status.containerStatuses[?(@.name=="keeper")].restartCount}=1' pod/relay --timeout=60s --namespace {namespace}

# %% id="last_words" nbgrader={"grade": false, "grade_id": "last_words", "locked": false, "schema_version": 3, "solution": true, "task": false}
last_words = ...
### BEGIN SOLUTION
# %kubectl --into last_words logs relay --container keeper --previous --namespace {namespace}
### END SOLUTION

# %% id="last_words-test" nbgrader={"grade": true, "grade_id": "last_words-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
answered = card.check(0, _("There is an answer"), checks.answer, "last_words")
### BEGIN HIDDEN TESTS
given = str(checks.answer("last_words")) if answered else ""
error = f"Error {error_code} in the archive."
said = _("“{error}” is not in it. The answer is “{answer}”.").format(error=error, answer=given[:200])
found = card.expect(1, _("The answer holds the error that the container met"), error in given, said)
lines = [line.strip() for line in given.strip().splitlines()]
said = _("The container wrote two lines; the answer has {count}: “{answer}”.").format(count=len(lines), answer=given[:200])
card.expect(1, _("It is all that the container wrote before it ended, and nothing else"), lines == [error, "I cannot go on."], said)
### END HIDDEN TESTS
card

# %% [markdown] id="menu-text" nbgrader={"grade": false, "grade_id": "menu-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 7. First this, then that (2 points)

Make a Pod `menu` of two programs, both from the image `busybox:1.35`. They share an `emptyDir` volume.

- `cook` needs a second, writes a page that holds `{dish}` into the volume, and ends. Its command, if its volume is at
  `/pages`: `sleep 1; echo 'Today: {dish}' > /pages/index.html`
- `waiter` serves the page on port `{port}`, and is impatient: it gives up where there is no page at its start. Its
  command: `[ -s /pages/index.html ] || exit 1; exec httpd -f -p {port} -h /pages`

See to it that `waiter` is started only when `cook` has done its work. Nothing in this Pod may have to be restarted.
"""

# %% id="menu-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "menu-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "menu")

# %% id="menu" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "menu", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: menu
# spec:
#   terminationGracePeriodSeconds: 1
#   volumes:
#   - name: pages
#     emptyDir: {}
#   initContainers:
#   - name: cook
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "sleep 1; echo 'Today: {dish}' > /pages/index.html"]
#     volumeMounts:
#     - name: pages
#       mountPath: /pages
#   containers:
#   - name: waiter
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "[ -s /pages/index.html ] || exit 1; exec httpd -f -p {port} -h /pages"]
#     volumeMounts:
#     - name: pages
#       mountPath: /pages
# ### END SOLUTION

# %% id="menu-test" nbgrader={"grade": true, "grade_id": "menu-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
menu = checks.Object("pod", "menu", namespace)
order = card.check(
    0.5, _("cook is made to run before waiter"), menu.matches,
    {"spec": {"initContainers": [{"name": "cook"}], "containers": [{"name": "waiter"}]}},
)
ready = card.check(0.5, _("The Pod gets ready"), menu.is_ready, after=order, within=8)
### BEGIN HIDDEN TESTS
card.check(0.5, _("The page holds the dish"), menu.answers, port, contains=dish, after=ready, within=5)
card.check(
    0.5, _("Nothing was restarted"), menu.matches, {"status": {
        "initContainerStatuses": [{"name": "cook", "restartCount": 0}],
        "containerStatuses": [{"name": "waiter", "restartCount": 0}],
    }}, after=ready,
)
### END HIDDEN TESTS
card

# %% [markdown] id="seal-text" nbgrader={"grade": false, "grade_id": "seal-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 8. Once, and done (2 points)

Run a Pod `seal` from the image `busybox:1.35` that calculates one thing and is then **done**: its phase is to be
`Succeeded`, and nobody is to start it again. It stays there, so that its log can be read.

What it prints into its log is the MD5 sum of the text `{greeting}`, without a line's end behind the text:
`echo -n … | md5sum` in a shell.
"""

# %% id="seal-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "seal-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "seal")

# %% id="seal" nbgrader={"grade": false, "grade_id": "seal", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl run seal --image=busybox:1.35 --restart=Never --namespace {namespace} -- /bin/sh -c "echo -n '{greeting}' | md5sum"
### END SOLUTION

# %% id="seal-test" nbgrader={"grade": true, "grade_id": "seal-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from hashlib import md5

from course import checks

card = checks.Scorecard(points=2)
seal = checks.Object("pod", "seal", namespace)
once = card.check(
    0.5, _("The Pod runs busybox:1.35, and is not started again when it has done its work"), seal.matches,
    {"spec": {"containers": [{"image": "busybox:1.35"}], "restartPolicy": checks.either("Never", "OnFailure")}},
)
card.check(0.5, _("It has ended well: its phase is Succeeded"), seal.matches, {"status": {"phase": "Succeeded"}}, after=once, within=8)
### BEGIN HIDDEN TESTS
wanted = md5(greeting.encode()).hexdigest()
card.check(1, _("Its log holds the MD5 sum of the greeting"), seal.logs_hold, wanted, within=5)
### END HIDDEN TESTS
card

# %% [markdown] id="twins-text" nbgrader={"grade": false, "grade_id": "twins-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 9. Two servers, one Pod (2 points)

The Pod `twins` is to have two web servers, `front` and `back`, each with a page of its own. One of them always fails.
Read *its* log, and you know why.

Put a Pod `twins` in its place in which both run: `front` stays on port `{port}`, `back` answers on port
`{second_port}`. Delete the Pod in the first answer cell, apply the better one in the second.
"""

# %% id="twins-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "twins-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "twins")

# %% id="twins-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "twins-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: twins
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: front
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo This is front. > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#     ports:
#     - containerPort: {port}
#   - name: back
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo This is back. > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#     ports:
#     - containerPort: {port}

# %% id="twins" nbgrader={"grade": false, "grade_id": "twins", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl delete pod twins --namespace {namespace}
### END SOLUTION

# %% id="twins-apply" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "twins-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: twins
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: front
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo This is front. > /pages/index.html; exec httpd -f -p {port} -h /pages"]
#     ports:
#     - containerPort: {port}
#   - name: back
#     image: busybox:1.35
#     command: ["/bin/sh", "-c", "mkdir /pages; echo This is back. > /pages/index.html; exec httpd -f -p {second_port} -h /pages"]
#     ports:
#     - containerPort: {second_port}
# ### END SOLUTION

# %% id="twins-test" nbgrader={"grade": true, "grade_id": "twins-test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=2)
twins = checks.Object("pod", "twins", namespace)
ready = card.check(0.5, _("The Pod gets ready, and all in it stays up"), twins.is_ready, within=10)
both = card.check(0.5, _("Both containers are in it"), twins.matches, {"spec": {"containers": [{"name": "front"}, {"name": "back"}]}}, after=ready)
### BEGIN HIDDEN TESTS
card.check(0.5, _("front serves its page on its port"), twins.answers, port, contains="This is front.", after=both, within=3)
card.check(0.5, _("back serves its page on the second port"), twins.answers, second_port, contains="This is back.", after=both, within=3)
### END HIDDEN TESTS
card

# %% [markdown] id="stuck-text" nbgrader={"grade": false, "grade_id": "stuck-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 10. Three that do not start (3 points)

None of the three Pods below the hints runs, each for a reason of its own. Kubernetes has a word for each of these
reasons. You find it in the column `STATUS`, or, where this only says `Pending`, in the events. Put them into the variable
`stuck`, as Kubernetes writes them:

```python
stuck = {"north": "…", "east": "…", "south": "…"}
```

Then mend two of them:

- `north`: give its container the image `nginx:1.22`, **without** deleting the Pod. (The image is one of the few
  things of a running Pod that may be changed: `%kubectl set image --help`.)
- `south`: its author meant a quarter of a processor. Delete the Pod, and apply one that asks for that. It
  still must ask for its memory.
"""

# %% id="stuck-hint" tags=["hint"] nbgrader={"grade": false, "grade_id": "stuck-hint", "locked": true, "schema_version": 3, "solution": false, "task": false}
checks.hint("pods", "stuck")

# %% id="stuck-given" language="apply" magic_args="--namespace {namespace}" tags=["setup"] nbgrader={"grade": false, "grade_id": "stuck-given", "locked": true, "schema_version": 3, "solution": false, "task": false}
# apiVersion: v1
# kind: Pod
# metadata:
#   name: north
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: web
#     image: nginx:1.222
# ---
# apiVersion: v1
# kind: Pod
# metadata:
#   name: east
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: web
#     image: my-own-nginx:1.0
#     imagePullPolicy: Never
# ---
# apiVersion: v1
# kind: Pod
# metadata:
#   name: south
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: web
#     image: nginx:1.22
#     resources:
#       requests:
#         cpu: 250
#         memory: 32Mi

# %% id="stuck" nbgrader={"grade": false, "grade_id": "stuck", "locked": false, "schema_version": 3, "solution": true, "task": false}
stuck = ...
### BEGIN SOLUTION
stuck = {"north": "ImagePullBackOff", "east": "ErrImageNeverPull", "south": "FailedScheduling"}
### END SOLUTION

# %% id="stuck-north" nbgrader={"grade": false, "grade_id": "stuck-north", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl set image pod/north web=nginx:1.22 --namespace {namespace}
### END SOLUTION

# %% id="stuck-delete" nbgrader={"grade": false, "grade_id": "stuck-delete", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl delete pod south --namespace {namespace}
### END SOLUTION

# %% id="stuck-south" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "stuck-south", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# apiVersion: v1
# kind: Pod
# metadata:
#   name: south
# spec:
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: web
#     image: nginx:1.22
#     resources:
#       requests:
#         cpu: 250m
#         memory: 32Mi
# ### END SOLUTION

# %% id="stuck-test" nbgrader={"grade": true, "grade_id": "stuck-test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from course import checks

card = checks.Scorecard(points=3)
north, south = checks.Object("pod", "north", namespace), checks.Object("pod", "south", namespace)
answered = card.check(0, _("There is an answer"), checks.answer, "stuck")
card.check(0.5, _("north gets ready"), north.is_ready, within=6)
runs = card.check(0.5, _("south gets ready"), south.is_ready, within=4)
### BEGIN HIDDEN TESTS
given = checks.answer("stuck") if answered else {}
given = given if isinstance(given, dict) else {}
reasons = {
    "north": ["ErrImagePull", "ImagePullBackOff"],
    "east": ["ErrImageNeverPull"],
    "south": ["FailedScheduling", "Unschedulable"],
}
titles = {
    "north": _("The answer says why north did not start"),
    "east": _("The answer says why east does not start"),
    "south": _("The answer says why south did not start"),
}
for name, right in reasons.items():
    said = _("The reason is {reason}; the answer is {answer!r}.").format(reason=" / ".join(right), answer=given.get(name))
    card.expect(0.5, titles[name], given.get(name) in right, said)
card.check(
    0.5, _("south asks for a quarter of a processor, and for its memory"), south.matches,
    {"spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "250m", "memory": "32Mi"}}}]}}, after=runs,
)
### END HIDDEN TESTS
card

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in,
`%kubectl delete namespace pods-exercise` clears the cluster of what you made here.
"""
