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

Four tasks, ten points. Write your answers into the cells that say `YOUR ANSWER HERE`; below each task is a cell that
checks it. Run that as often as you like: it tells you what it looked for, what it found, and which command shows more.
When you hand in, more checks run than you see here, and the values in the next cell are others. So use its variables
rather than their values: in `%kubectl` and `%%apply`, `{pod_name}` stands for the value of `pod_name`.

All happens in a namespace of its own, so add `--namespace {namespace}` (or `-n {namespace}`) to your commands. The cell
*Begin here* makes it anew, and empty: run it again whenever you want to start over.
"""

# %% id="parameters" tags=["parameters"] nbgrader={"grade": false, "grade_id": "parameters", "locked": true, "schema_version": 3, "solution": false, "task": false}
namespace = "pods-exercise"
pod_name = "hello"
tier = "frontend"
greeting = "Good morning"
port = 8080
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

# %% [markdown] id="hello-text" nbgrader={"grade": false, "grade_id": "hello-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## 1. A Pod with a label (2 points)

Start a Pod named `{pod_name}` with the image `nginx:1.22` in the namespace `{namespace}`, and give it the label
`tier={tier}`. One command is enough.

<details><summary>Hint 1</summary>
<code>%kubectl run --help</code> lists the options. Which one is about labels?
</details>
<details><summary>Hint 2</summary>
The option is <code>--labels</code>, and takes <code>key=value</code>.
</details>
<details><summary>Hint 3</summary>
<code>%kubectl run {pod_name} --image=… --labels=tier=… --namespace …</code>, with the variables in their braces.
</details>
"""

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

<details><summary>Hint 1</summary>
The lesson's Pod <code>site</code> does nearly this. Which three places of it speak of the volume?
</details>
<details><summary>Hint 2</summary>
nginx serves <code>/usr/share/nginx/html</code>. The writer may mount the same volume wherever it likes.
</details>
<details><summary>Hint 3</summary>
<code>while true; do echo "{greeting}, it is $(date)" > /work/index.html; sleep 1; done</code>
</details>
"""

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

<details><summary>Hint 1</summary>
<code>%kubectl describe pod shop -n {namespace}</code>, and read the events at its end.
</details>
<details><summary>Hint 2</summary>
First the image's name: read it letter by letter. Then compare: on which port does the server listen, and which port
does the probe ask?
</details>
<details><summary>Hint 3</summary>
<code>kubectl exec</code> lets you ask from inside: <code>wget -q -O - http://localhost:{port}</code>. The page is the one
that httpd finds in the folder after <code>-h</code>.
</details>
"""

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

# %% id="repair-delete" nbgrader={"grade": false, "grade_id": "repair-delete", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# %kubectl delete pod shop --namespace {namespace}
### END SOLUTION

# %% id="repair" language="apply" magic_args="--namespace {namespace}" nbgrader={"grade": false, "grade_id": "repair", "locked": false, "schema_version": 3, "solution": true, "task": false}
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

Three Pods run in the namespace, made by the next cell. One of them does not stay up. Find out which, and with which
exit code its container ends. Put both into the variable `culprit`:

```python
culprit = {"name": "…", "exit_code": …}
```

Then delete this Pod, and leave the two others alone.

<details><summary>Hint 1</summary>
Look at the columns <code>STATUS</code> and <code>RESTARTS</code> of <code>kubectl get pod</code>.
</details>
<details><summary>Hint 2</summary>
<code>kubectl describe pod NAME</code> shows <i>Last State</i>, with <i>Reason</i> and <i>Exit Code</i>.
</details>
<details><summary>Hint 3</summary>
The code is a number: write it without quotes. <code>%kubectl delete pod NAME -n {namespace}</code> goes into the same cell.
</details>
"""

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

# %% [markdown] id="end-text" nbgrader={"grade": false, "grade_id": "end-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
"""
## When you are done

*Validate* (in the toolbar) runs all cells from the top in a fresh kernel, as the grader does. When you have handed in,
`%kubectl delete namespace pods-exercise` clears the cluster of what you made here.
"""
