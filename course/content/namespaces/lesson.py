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

# %% [markdown] id="namespaces-title"
"""
# Namespaces

One cluster, many people. Sooner or later two of them want to call something `web`, one of them uses up what all have
to share, and a third deletes what was not hers. A **namespace** is Kubernetes' answer: a part of the cluster with names,
limits and rights of its own.

When you have worked through this page you can

- say what the four namespaces are for that every cluster begins with;
- create namespaces, work in them, switch between them, and say what goes when one is deleted;
- tell which kinds of objects live in namespaces, and which belong to the whole cluster;
- divide a cluster between teams: with a quota, with defaults for those who forget to ask, and with rights that end where
  the namespace ends;
- see from a Lease whether a node is alive;
- decide when labels do the job better.

It takes about 50 minutes. The commands `%kubectl`, `%%apply` and `%node` are those of the page on Pods, and so is
**Predict**: decide before you run the cell.
"""

# %% id="namespaces-load"
# %load_ext course
from course import checks

checks.speak("en")

# %% [markdown] id="namespaces-clean-start-why"
"""
Should you come back to this page later, this clears away what an earlier run may have left.
"""

# %% id="namespaces-clean-start"
# %kubectl config set-context --current --namespace=default
# %kubectl delete namespace dev test team-a inner --ignore-not-found
# %kubectl delete configmap,role,rolebinding notice -n kube-public --ignore-not-found

# %% [markdown] id="namespaces-four-predict"
"""
## Four to begin with

You have used the cluster without thinking of namespaces at all. **Predict**: how many are there?
"""

# %% id="namespaces-four"
# %kubectl get namespaces

# %% [markdown] id="namespaces-four-explain"
"""
Kubernetes itself makes four. (What else you may see, the maker of your cluster has added.)

| namespace | what it is for |
| --- | --- |
| `default` | where a command acts that names no namespace. All of your Pods have been here. |
| `kube-system` | what the cluster makes for itself: its own Pods, accounts and settings |
| `kube-public` | what may concern anybody, even those who have not logged in |
| `kube-node-lease` | one small object for each node, by which the node shows that it is alive |

Names that begin with `kube-` are reserved: do not give them to namespaces of yours.

Look into the second one. What you find depends on who built the cluster: many run the control plane itself as Pods
here, some run it as plain processes beside the cluster, and then there are no Pods to see.
"""

# %% id="namespaces-system"
# %kubectl get pods,configmaps -n kube-system

# %% [markdown] id="namespaces-undeletable-predict"
"""
**Predict**: may you delete `default`? And the three others? With `--dry-run=server` the API server judges the request as it
always does, and then does nothing: a safe way to ask.
"""

# %% id="namespaces-undeletable"
# %kubectl --expect-failure delete namespace default kube-system kube-public --dry-run=server

# %% id="namespaces-lease-deletable"
# %kubectl delete namespace kube-node-lease --dry-run=server

# %% [markdown] id="namespaces-undeletable-explain"
"""
Three are refused, to an administrator as well. The fourth is not protected in this way; but the API server makes the
namespaces that it needs again when one is missing, and the nodes write their Leases anew.
"""

# %% [markdown] id="namespaces-public-intro"
"""
## kube-public: for those who have not logged in

kubectl shows a certificate or a token with every request. We want to see what somebody gets who has neither. So we ask the
API server with curl, and bring nothing along. (`-k`: do not check the server's certificate either; for a look only.) Inside the
cluster the API server is the Service `kubernetes`:
"""

# %% id="namespaces-public-address"
# %kubectl --into api get service kubernetes -n default -o jsonpath={.spec.clusterIP}

# %% id="namespaces-public-version"
# %node curl --silent --show-error -k --max-time 10 https://{api}/version

# %% [markdown] id="namespaces-public-version-explain"
"""
The version is told to everybody. **Predict**: is there more? First the list of all Pods, then the list of namespaces.
"""

# %% id="namespaces-public-refused" language="node" magic_args="sh"
# curl --silent -k --max-time 10 https://{api}/api/v1/pods | grep -E 'message|code'
# curl --silent -k --max-time 10 https://{api}/api/v1/namespaces | grep -E 'message|code'

# %% [markdown] id="namespaces-public-cluster-info"
"""
`403` is “I will not let you”. The request was not rejected for lack of a login: it was given the user name
`system:anonymous` and the group `system:unauthenticated`, and nobody allows these two anything here.

Now kube-public. Clusters that kubeadm sets up (kind is one of them) keep a ConfigMap `cluster-info` there, with the API server's
address and certificate, so that a new machine can find its cluster before it has an account. Clusters built another way
may do without.
"""

# %% id="namespaces-public-cluster-info-get" language="node" magic_args="sh"
# curl --silent -k --max-time 10 https://{api}/api/v1/namespaces/kube-public/configmaps/cluster-info | head -n 12

# %% [markdown] id="namespaces-public-notice-predict"
"""
If you got the ConfigMap, you read it as nobody at all. If you got “forbidden”, your cluster has none.

In either case, put up a notice of your own. **Predict**: it is in kube-public now. Can anybody read it?
"""

# %% id="namespaces-public-notice"
# %kubectl create configmap notice -n kube-public --from-literal=today="Maintenance at noon"

# %% id="namespaces-public-notice-refused"
# %node curl --silent -k --max-time 10 https://{api}/api/v1/namespaces/kube-public/configmaps/notice

# %% [markdown] id="namespaces-public-role"
"""
No! You will read in many places that all users can read all of kube-public. It is no more than a custom: the namespace is *meant*
for that, but being readable is a right, and somebody has to give it. kubeadm gives it for `cluster-info` and for nothing else.

A right takes two objects in the namespace. A **Role** says what may be done, a **RoleBinding** says who may.
"""

# %% id="namespaces-public-role-apply" language="apply"
# apiVersion: rbac.authorization.k8s.io/v1
# kind: Role
# metadata:
#   name: notice
#   namespace: kube-public
# rules:
# - apiGroups: [""]
#   resources: [configmaps]
#   resourceNames: [notice]
#   verbs: [get]
# ---
# apiVersion: rbac.authorization.k8s.io/v1
# kind: RoleBinding
# metadata:
#   name: notice
#   namespace: kube-public
# roleRef:
#   apiGroup: rbac.authorization.k8s.io
#   kind: Role
#   name: notice
# subjects:
# - apiGroup: rbac.authorization.k8s.io
#   kind: Group
#   name: system:unauthenticated

# %% id="namespaces-public-notice-read"
# %node curl --silent --show-error -k --max-time 10 --fail --retry 5 --retry-all-errors https://{api}/api/v1/namespaces/kube-public/configmaps/notice

# %% [markdown] id="namespaces-public-take-down"
"""
(`--retry`: the API server may take a moment to hear of a new right.) This one ConfigMap is public now. Take the
notice down again: what is public should be there for a reason.
"""

# %% id="namespaces-public-clean"
# %kubectl delete configmap,role,rolebinding notice -n kube-public

# %% [markdown] id="namespaces-lease-intro"
"""
## kube-node-lease: is the node alive?

Nobody can ask a machine that has died whether it is dead. So it goes the other way round: each node's kubelet writes the time
into an object of its own, again and again. A node that stops writing is taken for lost. The object is a **Lease**:
"""

# %% id="namespaces-lease-all"
# %kubectl get lease -A

# %% [markdown] id="namespaces-lease-kinds"
"""
In `kube-node-lease` there is one Lease a node, named as the node is. Those in `kube-system` show that Leases have other uses: each API
server has one, and where several copies of a controller run, the one that holds the Lease is the one that works.

The Lease is small, and that is its point. In a cluster of thousands of nodes, thousands of heartbeats arrive every few seconds. The
node's full status is many times as long; it is sent when it changes, and otherwise every five minutes.
"""

# %% id="namespaces-lease-columns"
# %kubectl get lease -n kube-node-lease -o custom-columns=NODE:.metadata.name,RENEWED:.spec.renewTime,SECONDS:.spec.leaseDurationSeconds

# %% [markdown] id="namespaces-lease-watch-predict"
"""
`SECONDS` says for how long a heartbeat is good. **Predict**: how many seconds after that will the next one be written? We watch for it: with
`--watch-only`, kubectl prints nothing but what changes from now on. (`--until T` ends the cell at the first line with a T in it, and every time has one.)
"""

# %% id="namespaces-lease-watch"
# %kubectl --until T --deadline 30 get lease -n kube-node-lease --watch-only --no-headers -o custom-columns=NODE:.metadata.name,RENEWED:.spec.renewTime

# %% [markdown] id="namespaces-lease-watch-explain"
"""
Compare the two times of the same node. The kubelet writes every ten seconds, a quarter of the forty: three heartbeats may get lost before anyone should worry.
A few lines of Python compare each `renewTime` with the clock:
"""

# %% id="namespaces-lease-ages"
from datetime import UTC, datetime

from course import kubectl


def heartbeats():
    for lease in kubectl.get_all("lease", "--namespace", "kube-node-lease"):
        spec = lease["spec"]
        age = (datetime.now(UTC) - datetime.fromisoformat(spec["renewTime"])).total_seconds()
        bar = "█" * round(age) + "·" * max(0, spec["leaseDurationSeconds"] - round(age))
        print(f"{lease['metadata']['name']:30} {bar} {age:.0f} s / {spec['leaseDurationSeconds']} s")


heartbeats()

# %% [markdown] id="namespaces-heartbeats-why"
"""
And as a picture in which you see them beat:
"""

# %% id="namespaces-heartbeats"
from course import views

views.Heartbeats()

# %% [markdown] id="namespaces-silent-intro"
"""
### A node that falls silent

**Predict**: the kubelet of a node is stopped. Its containers are not touched, the machine runs on. What will the cluster
believe, and after how long?

The next cell tries it, if your cluster has a node to spare. (`lab up --nodes 2` starts one that does.) It takes a minute,
and starts the kubelet again at its end, whatever happens.
"""

# %% id="namespaces-silent"
nodes = [node["metadata"]["name"] for node in kubectl.get_all("node")]
workers = kubectl.get_all("node", "--selector", "!node-role.kubernetes.io/control-plane")
if len(nodes) > 1 and workers:
    silent = workers[-1]["metadata"]["name"]
    # %node --on {silent} systemctl stop kubelet
    try:
        # %kubectl --deadline 110 --until NotReady get node {silent} --watch
        heartbeats()
        # %kubectl get node {silent} -o jsonpath={.spec.taints[*].effect}
    finally:
        # %node --on {silent} systemctl start kubelet
    # %kubectl wait --for=condition=Ready node/{silent} --timeout=60s
else:
    print(_("This cluster has no node to spare: {node} is needed. Read on to see what would come.").format(node=nodes[0]))

# %% [markdown] id="namespaces-silent-explain"
"""
On a cluster with two nodes it looks like this:

```
NAME          STATUS     ROLES    AGE     VERSION
lab-worker    Ready      <none>   2m10s   v1.37.2
lab-worker    NotReady   <none>   2m58s   v1.37.2
```

The Lease stands still from the first moment, and nothing happens for a while: a missed heartbeat proves nothing. When nothing
has come for some 50 seconds, the node controller writes `Ready: Unknown` into the node, and taints it, so that no new Pods are
sent there. Five minutes later it gives the node's Pods up and lets others take their places. Should the kubelet come back
earlier, all is forgotten, within a second.
"""

# %% [markdown] id="namespaces-create-intro"
"""
## Your own

A usual division is one namespace for each stage of the work: development, test, production. We make two.
"""

# %% id="namespaces-create-dev"
# %kubectl create namespace dev

# %% id="namespaces-create-test"
# %kubectl create namespace test

# %% id="namespaces-create-list"
# %kubectl get ns

# %% [markdown] id="namespaces-run-intro"
"""
(`ns` is the short name.) Every command that deals with objects takes `--namespace`, or short `-n`:
"""

# %% id="namespaces-run-nginx"
# %kubectl run nginx --image=nginx --namespace=dev

# %% id="namespaces-run-my-nginx"
# %kubectl run my-nginx --image=nginx -n=dev

# %% [markdown] id="namespaces-get-predict"
"""
**Predict** what the two commands show:
"""

# %% id="namespaces-get-here"
# %kubectl get pods

# %% id="namespaces-get-dev"
# %kubectl get pods -n=dev

# %% [markdown] id="namespaces-get-explain"
"""
The first one looks into `default`, and says so where it finds nothing. “My Pod is gone” is, more often than not, a forgotten `-n`.
`-A`, or `--all-namespaces`, looks everywhere.

Now names. **Predict**: which of these two commands is refused?
"""

# %% id="namespaces-names-same"
# %kubectl --may-fail run nginx --image=nginx -n dev

# %% id="namespaces-names-other"
# %kubectl --may-fail run nginx --image=nginx -n test

# %% [markdown] id="namespaces-names-explain"
"""
A name is unique for its kind *within a namespace*. `nginx` in `dev` and `nginx` in `test` are two Pods that have nothing to do with each
other. Whoever writes a manifest need not know what others call their things, and one manifest serves for `dev`, for `test` and for
production: leave `metadata.namespace` out, and say the namespace when you apply it.
"""

# %% id="namespaces-names-ready"
# %kubectl wait --for=condition=Ready pod --all -n dev --timeout=60s
# %kubectl wait --for=condition=Ready pod --all -n test --timeout=60s

# %% [markdown] id="namespaces-picture-intro"
"""
A picture of it, drawn from what the cluster says at this moment. We will draw it again.
"""

# %% id="namespaces-picture"
from IPython.display import Markdown


whole = _("the whole cluster")


def picture(*namespaces, kinds="pods,services,deployments,configmaps"):
    lines = ["flowchart LR", f'subgraph cluster ["{whole}"]']
    for number, one in enumerate(kubectl.get_all("node")):
        lines.append(f'node{number}[["Node<br/>{one["metadata"]["name"]}"]]')
    everything = kubectl.get_all(kinds, "--all-namespaces")
    for column, name in enumerate(namespaces):
        lines.append(f'subgraph space{column} ["Namespace {name}"]')
        for number, one in enumerate(everything):
            title = one["metadata"]["name"]
            if one["metadata"]["namespace"] == name and title != "kube-root-ca.crt":  # (all have that one)
                lines.append(f'  thing{number}["{one["kind"]}<br/>{title}"]')
        lines.append("end")
    return Markdown("\n".join(["```mermaid", *lines, "end", "```"]))


picture("default", "dev", "test")

# %% [markdown] id="namespaces-all-predict"
"""
What is in a namespace? There is a command that promises the answer: `kubectl get all`. Let there be a ConfigMap and a ServiceAccount in
`dev`, beside the Pods. **Predict**: will all be shown?
"""

# %% id="namespaces-all-make"
# %kubectl create configmap settings --from-literal=colour=blue -n dev
# %kubectl create serviceaccount robot -n dev

# %% id="namespaces-all"
# %kubectl get all -n dev

# %% [markdown] id="namespaces-all-explain"
"""
`all` is a list of some kinds, made long ago: Pods, Services, Deployments and what else runs things. ConfigMaps, Secrets, accounts, rights and
quotas are not on it. And without `-n` it shows the current namespace, not the cluster. If you really want everything, let the API tell which
kinds there are:
"""

# %% id="namespaces-all-kinds"
# %kubectl --into listed api-resources --verbs=list --namespaced -o name

# %% id="namespaces-all-really"
kinds = ",".join(kind for kind in listed.split() if not kind.startswith(("events", "pods.metrics")))
# %kubectl get {kinds} -n dev --ignore-not-found --show-kind --no-headers

# %% [markdown] id="namespaces-all-really-explain"
"""
There are `settings` and `robot`, and two things more that nobody asked for: every namespace gets a ServiceAccount `default`, as which its Pods
run, and a ConfigMap `kube-root-ca.crt`, by which they know the API server.
"""

# %% [markdown] id="namespaces-context-intro"
"""
## Switching

Who works in `dev` all day does not want to type `-n dev` all day. kubectl reads from its configuration file, the **kubeconfig**, to which cluster
it talks, and as whom, and in which namespace. These three together are a **context**.
"""

# %% id="namespaces-context-current"
# %kubectl config current-context

# %% [markdown] id="namespaces-context-set-intro"
"""
The context's namespace can be changed. In a terminal:

```
kubectl config set-context $(kubectl config current-context) --namespace=dev
```

`$(…)` puts in what the inner command prints. kubectl has a shorter way to say “the current one”:
"""

# %% id="namespaces-context-set"
# %kubectl config set-context --current --namespace=dev

# %% [markdown] id="namespaces-context-predict"
"""
**Predict**: which Pods are “the” Pods now?
"""

# %% id="namespaces-context-get"
# %kubectl get pods

# %% id="namespaces-context-where"
# %kubectl config view --minify -o jsonpath={..namespace}

# %% [markdown] id="namespaces-context-back-why"
"""
The change is in the file, so it outlasts this page: it holds for every terminal and notebook that uses the same file (here the lab's own, not the
one in your home). Typed in the wrong namespace, a `kubectl delete` is a bad surprise. So ask before you delete, as above, and switch back when you
are done:
"""

# %% id="namespaces-context-back"
# %kubectl config set-context --current --namespace=default

# %% [markdown] id="namespaces-dns-intro"
"""
## Across the border

A namespace divides *names*. It does not divide the network: by address, any Pod reaches any other. (To forbid that there are NetworkPolicies.) What
about a Service's name? We give the Pod `nginx` in `dev` a Service `web`, and ask for it from a Pod in `test`.
"""

# %% id="namespaces-dns-expose"
# %kubectl expose pod nginx --name=web --port=80 -n dev

# %% [markdown] id="namespaces-dns-predict"
"""
**Predict** which of the three names are found in `test`: `web`, `web.dev`, `web.dev.svc.cluster.local`.
"""

# %% id="namespaces-dns" language="kubectl" magic_args="run asks --image=busybox -i --rm --restart=Never -n test -- /bin/sh"
# for name in web web.dev web.dev.svc.cluster.local; do
#   if wget -q -T 5 -O /dev/null http://$name; then echo "$name: found"; else echo "$name: not found"; fi
# done
# grep search /etc/resolv.conf

# %% [markdown] id="namespaces-dns-explain"
"""
The last line tells why. A Pod's resolver completes a short name with these endings, one after the other, and the first of them is *the Pod's own*
namespace. So `web` means “`web` where I am”: in `test` there is none. `web.dev` is completed to the full name, Service, namespace, `svc`, cluster's domain.

That is handy: the same Pod, with the same short name in its settings, finds development's database in `dev` and the other one in `test`. It is a
trap as well, if you meant the one next door.
"""

# %% [markdown] id="namespaces-scope-intro"
"""
## What is in none

**Predict**: does this command show fewer nodes than `kubectl get nodes`?
"""

# %% id="namespaces-scope-nodes"
# %kubectl get nodes -n dev

# %% [markdown] id="namespaces-scope-explain"
"""
The `-n` did nothing. A node is the whole cluster's; that is why the picture has it beside the namespaces. The API knows for each kind whether its
objects live in namespaces:
"""

# %% id="namespaces-scope-false"
# %kubectl api-resources --namespaced=false

# %% [markdown] id="namespaces-scope-which"
"""
Nodes, PersistentVolumes, StorageClasses, ClusterRoles: what all share, and what an administrator looks after. And `namespaces` themselves.
So what you put to work (Pods, Deployments, Services, ConfigMaps, Leases …) is in exactly one namespace, for all its life. It cannot be moved:
make it anew elsewhere, and delete the old one.

**Predict**: can a namespace lie within another?
"""

# %% id="namespaces-nesting-slash"
# %kubectl --expect-failure create namespace dev/inner

# %% id="namespaces-nesting" language="apply"
# apiVersion: v1
# kind: Namespace
# metadata:
#   name: inner
#   namespace: dev

# %% id="namespaces-nesting-get"
# %kubectl get ns inner

# %% [markdown] id="namespaces-nesting-explain"
"""
It cannot. A slash is no part of a name; and the line `namespace: dev` was of no effect: `inner` stands *beside* `dev`. Deleting `dev` would leave it
alone. If you need order among many namespaces, use names like `shop-dev` and `shop-test`, and labels.
"""

# %% id="namespaces-nesting-delete"
# %kubectl delete ns inner --wait=false

# %% [markdown] id="namespaces-quota-intro"
"""
## Dividing the cluster

Names are one thing that people share, machines are another. A **ResourceQuota** says how much a namespace may use in all. Here team A gets four Pods,
and one and a half processors between them (`m` is a thousandth):
"""

# %% id="namespaces-quota-create"
# %kubectl create namespace team-a
# %kubectl create quota budget --hard=pods=4,requests.cpu=1500m -n team-a

# %% [markdown] id="namespaces-quota-predict"
"""
Team A starts a web server with two replicas, which is well within. **Predict** what you will see:
"""

# %% id="namespaces-quota-deploy"
# %kubectl create deployment shop --image=nginx --replicas=2 -n team-a

# %% id="namespaces-quota-deploy-wait"
# %kubectl wait --for=condition=ReplicaFailure deployment/shop -n team-a --timeout=30s

# %% id="namespaces-quota-deploy-get"
# %kubectl get deployments,replicasets,pods -n team-a

# %% [markdown] id="namespaces-quota-why"
"""
Zero Pods, and `create` did not complain. A Deployment makes a ReplicaSet, and the ReplicaSet makes the Pods: it is the one that was turned
away. Whoever is refused notes it in its own events. **Predict** where the reason is not to be found: `describe deployment`, `describe replicaset`, `logs`?
"""

# %% id="namespaces-quota-events"
# %kubectl get events -n team-a --field-selector involvedObject.kind=ReplicaSet,type=Warning -o custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message

# %% [markdown] id="namespaces-quota-must"
"""
`must specify requests.cpu`. A quota that counts processors can only count what is said. So in this namespace a container that does not say how much it
requests is not let in. (There are no logs: no container ever ran. `describe deployment` shows the condition `ReplicaFailure`, and no event of it.)

Each container could be made to say it. Or the namespace fills in what is missing: that is a **LimitRange**.
"""

# %% id="namespaces-limits" language="apply" magic_args="-n team-a"
# apiVersion: v1
# kind: LimitRange
# metadata:
#   name: usual
# spec:
#   limits:
#   - type: Container
#     defaultRequest:
#       cpu: 250m
#     default:
#       cpu: 500m
#     max:
#       cpu: "1"

# %% [markdown] id="namespaces-limits-explain"
"""
`defaultRequest` is what a container requests that does not say; `default` is the limit that it gets; `max` is the most that
one container may have. **Predict**: does the Deployment get its Pods now, though nobody has touched it?
"""

# %% id="namespaces-limits-wait"
# %kubectl rollout status deployment/shop -n team-a --timeout=60s

# %% [markdown] id="namespaces-limits-retry"
"""
It does: the ReplicaSet has not stopped trying. But it waits longer after each refusal, up to a quarter of an hour. If you ever need it to try at once:
`kubectl rollout restart deployment/shop`.

What do the Pods request, though their manifest says nothing? And what has the quota counted?
"""

# %% id="namespaces-limits-filled"
# %kubectl get pods -n team-a -o custom-columns=NAME:.metadata.name,REQUESTS:.spec.containers[*].resources.requests.cpu,LIMITS:.spec.containers[*].resources.limits.cpu

# %% id="namespaces-quota-used"
# %kubectl describe quota budget -n team-a

# %% [markdown] id="namespaces-quota-over-predict"
"""
Two Pods of four, 500m of 1500m. **Predict**: we ask for six replicas. How many will run, and which of the two numbers stops the next one?
"""

# %% id="namespaces-quota-scale"
# %kubectl scale deployment shop --replicas=6 -n team-a

# %% id="namespaces-quota-scale-wait"
# %kubectl wait --for=jsonpath={.status.used.pods}=4 quota/budget -n team-a --timeout=30s

# %% id="namespaces-quota-bars"
views.QuotaGauges("team-a")

# %% id="namespaces-quota-refused"
# %kubectl --expect-failure run one-more --image=nginx -n team-a

# %% [markdown] id="namespaces-quota-refused-explain"
"""
Four, by the number of Pods. The processors would have been enough for two more. The refusal names the quota, what was requested, what is used, and what the limit is:
read it to the end, it usually answers the question.

A quota is checked when an object is *created*. One that comes later, or is made smaller, stops nothing that runs. And it reserves nothing: quotas of all teams together
may be more than the cluster has. Besides Pods and processors it can count memory, storage, and objects of any kind (`count/configmaps`).
"""

# %% [markdown] id="namespaces-rights-intro"
"""
## Who may do what, where

You have met Role and RoleBinding in kube-public. They are the third thing that a namespace divides. `view`, `edit` and `admin` are ready-made sets of rights; ann gets the first
one, in `dev`:
"""

# %% id="namespaces-rights-bind"
# %kubectl create rolebinding ann-looks --clusterrole=view --user=ann -n dev

# %% [markdown] id="namespaces-rights-predict"
"""
`auth can-i` asks, and `--as` asks for somebody else. **Predict** the three answers: read in `dev`, delete in `dev`, read in `test`.
"""

# %% id="namespaces-rights-dev"
# %kubectl --may-fail auth can-i list pods -n dev --as=ann

# %% id="namespaces-rights-dev-delete"
# %kubectl --may-fail auth can-i delete pods -n dev --as=ann

# %% id="namespaces-rights-test"
# %kubectl --may-fail auth can-i list pods -n test --as=ann

# %% [markdown] id="namespaces-rights-explain"
"""
(A `no` comes with exit status 1, so the cells need `--may-fail`.) A RoleBinding ends where its namespace ends, even though `view` is a ClusterRole: which rights there are is said once for the
whole cluster, who has them is said for each namespace.
"""

# %% [markdown] id="namespaces-labels-intro"
"""
## When labels are better

Not every difference deserves a namespace. Two versions of the same software, side by side: they belong to the same people, use the same settings, and one Service should reach both.
Set apart in two namespaces they would have none of that in common. **Labels** tell them apart in one:
"""

# %% id="namespaces-labels-run"
# %kubectl run shop-v1 --image=nginx --labels=app=shop,version=v1 -n test
# %kubectl run shop-v2 --image=nginx --labels=app=shop,version=v2 -n test

# %% [markdown] id="namespaces-labels-predict"
"""
**Predict** how many Pods each of these finds (`-L` adds a column for a label):
"""

# %% id="namespaces-labels-app"
# %kubectl get pods -l app=shop -L version -n test

# %% id="namespaces-labels-version"
# %kubectl get pods -l version=v2 -L version -n test

# %% [markdown] id="namespaces-labels-explain"
"""
An object is in one namespace and keeps it. It can have many labels, they can be changed at any time, and you choose by any of them: version, stage, owner. So:

| if you need | use |
| --- | --- |
| the same names twice; limits and rights for each team; to delete all at once | namespaces |
| to choose some of the things of one team: by version, by tier, by stage | labels |

How many namespaces does a cluster want? The documentation says that up to some tens of users need not think of them at all: `default` will do. They pay off where several teams or projects share a
cluster. Today many people make one for each project even on a cluster of their own, for one reason: clearing away is easy. Which brings us to the end.
"""

# %% [markdown] id="namespaces-delete-picture-intro"
"""
## Deleting, and what goes with it

All that this page has made, once more:
"""

# %% id="namespaces-delete-picture"
picture("dev", "test", "team-a")

# %% [markdown] id="namespaces-delete-predict"
"""
**Predict**: we delete `dev`. What becomes of the Pods in it, of the ConfigMap, of the RoleBinding? What of `nginx` in `test`? Of the ClusterRole `view` that ann's rights came from?

`--wait=false` lets the command return at once, so that we see it happen.
"""

# %% id="namespaces-delete"
# %kubectl delete ns dev --wait=false

# %% id="namespaces-delete-terminating"
# %kubectl get ns dev

# %% id="namespaces-delete-late"
# %kubectl --expect-failure run late --image=nginx -n dev

# %% [markdown] id="namespaces-delete-terminating-explain"
"""
`Terminating`: nothing new is let in, and a controller deletes what is there, kind after kind. The namespace itself goes last. There is no question “are you sure?”, and no way back.
"""

# %% id="namespaces-delete-wait"
# %kubectl wait --for=delete namespace/dev --timeout=90s

# %% id="namespaces-delete-gone"
# %kubectl get pods,configmaps,rolebindings -n dev

# %% id="namespaces-delete-others"
# %kubectl get pods -n test
# %kubectl get clusterrole view

# %% [markdown] id="namespaces-delete-explain"
"""
Everything *in* the namespace is gone with it, and nothing else. (Note that asking in a namespace that does not exist is no error: kubectl just finds nothing.)

Now and then a namespace stays `Terminating` for ever. Then something in it waits for a *finalizer*: a controller that wanted to clear up first, and is no longer there. The conditions that
`kubectl get ns NAME -o yaml` shows name the objects.

The rest goes together:
"""

# %% id="namespaces-cleanup"
# %kubectl delete namespace test team-a

# %% id="namespaces-cleanup-get"
# %kubectl get ns

# %% [markdown] id="namespaces-summary"
"""
## Summary

- A **namespace** divides a cluster's objects into groups. Names are unique within one; limits (ResourceQuota, LimitRange) and rights (RoleBinding) hold within one.
- Four are there from the start: `default` for what names none, `kube-system` for the cluster itself, `kube-public` for what anybody may know (once a Role says so), `kube-node-lease` for the
  nodes' heartbeats.
- Nodes, volumes, StorageClasses, ClusterRoles and namespaces themselves are in none. Namespaces do not nest, and an object never changes its own.
- The network is not divided. A Service next door is called `NAME.NAMESPACE`.
- A namespace that is deleted takes all with it that is in it.
- For variants of one thing, labels; for teams and projects, namespaces; for a few people, perhaps neither.

| to do this | type this |
| --- | --- |
| list namespaces | `kubectl get ns` |
| create one | `kubectl create namespace NAME` |
| work in it | any command with `-n NAME` |
| look everywhere | `kubectl get pods -A` |
| work in it from now on | `kubectl config set-context --current --namespace=NAME` |
| see where you are | `kubectl config view --minify -o jsonpath={..namespace}` |
| see what is in it | `kubectl get all -n NAME`, and more by `kubectl api-resources --namespaced` |
| limit it | `kubectl create quota NAME --hard=pods=4,requests.cpu=1 -n NAMESPACE` |
| see what it uses | `kubectl describe quota -n NAME` |
| ask what somebody may | `kubectl auth can-i VERB KIND -n NAME --as=USER` |
| see the nodes' heartbeats | `kubectl get lease -n kube-node-lease` |
| delete it and all in it | `kubectl delete ns NAME` |

**Next**: the exercise beside this page, `exercise.ipynb`.

**Read on** in the official documentation:

- [Namespaces](https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/)
- [Leases](https://kubernetes.io/docs/concepts/architecture/leases/) and [how nodes are watched](https://kubernetes.io/docs/concepts/architecture/nodes/)
- [Resource quotas](https://kubernetes.io/docs/concepts/policy/resource-quotas/) and [limit ranges](https://kubernetes.io/docs/concepts/policy/limit-range/)
- [Rights: role-based access control](https://kubernetes.io/docs/reference/access-authn-authz/rbac/)
- [Labels and selectors](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)
- [DNS for Services and Pods](https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/)
"""
