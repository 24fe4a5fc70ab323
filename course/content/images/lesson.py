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

# %% [markdown] id="images-title"
"""
# Images and container runtimes

A Pod names its images, and a moment later its containers run. Between the two stand a program that you never
called, and a registry that you never chose. This page is about both: where images come from, who fetches
them, and what to do in a room where the internet is slow or missing.

When you have worked through this page you can

- say what the CRI is, what became of dockershim, and why an image that Docker built runs without Docker;
- look at a node with `crictl`: its images, its containers, their logs;
- carry an image from machine to machine as a file, with `ctr` and its namespaces;
- send a node's pulls to a mirror, for containerd and for K3s, and prove by the mirror's own log that they go there.

It takes about 50 minutes. Here you work on the *machines* of the cluster, as their administrator; an ordinary user of
Kubernetes sees nothing of all this.
"""

# %% id="images-load"
# %load_ext course
from course import checks

checks.speak("en")

# %% [markdown] id="images-clean-start-why"
"""
Should you come back to this page later, this clears away what an earlier run may have left: Pods, files on the
first node, and an image.
"""

# %% id="images-clean-start"
# %kubectl delete pod web offline --ignore-not-found --now

# %% id="images-clean-start-files"
# %node rm -rf /etc/containerd/certs.d/docker.io /etc/rancher/k3s /media/usb/busybox.tar

# %% id="images-clean-start-k3s"
# %node --may-fail systemctl restart k3s

# %% id="images-clean-start-default"
# %node --may-fail ctr images rm docker.io/library/busybox:1.35

# %% [markdown] id="images-clean-start-note"
"""
(The last two may complain: on a first run there is nothing to remove. Do not mind them; what they do is what this
page is about.)
"""

# %% [markdown] id="images-cri-intro"
"""
## Who runs the containers

On every node runs the **kubelet**. It learns from the API server which Pods belong on its node, and sees to it that
their containers run. But it cannot start a container itself. For that it talks to a **container runtime**, in one
language: the **Container Runtime Interface**, CRI.

```mermaid
flowchart LR
  api([API server]) -->|Pods of this node| kubelet
  subgraph node [Node]
    kubelet -->|CRI: RunPodSandbox, CreateContainer, PullImage …| runtime[container runtime]
    runtime --> containers[containers]
    runtime --> store[(images)]
  end
  registry([registry]) -->|layers| runtime
```

Whatever speaks CRI can be the runtime: containerd and CRI-O are the usual ones. Which one do your nodes have?
"""

# %% id="images-cri-runtime"
# %kubectl get nodes -o custom-columns=NODE:.metadata.name,KUBELET:.status.nodeInfo.kubeletVersion,RUNTIME:.status.nodeInfo.containerRuntimeVersion

# %% [markdown] id="images-cri-explain"
"""
On a cluster that kind made it is containerd. On the lab's own cluster it is `podling`, which runs containers without
root's rights. The kubelet is the same in both, and cannot tell the difference: it only sees the CRI.

### What became of Docker

Docker is older than the CRI and does not speak it. So for years a translator sat in the kubelet: **dockershim**. Docker in
turn had containerd do the work, and every call went the long way round. Kubernetes 1.24 (May 2022) removed dockershim.
Since then the kubelet talks to containerd directly, and nodes need no Docker.

What did *not* change are images. Docker, containerd and CRI-O all read the image format of the **OCI** (Open Container
Initiative). Build with Docker on your laptop, run with containerd on the node. Who wants Docker as a node's runtime all
the same installs a translator outside of the kubelet, cri-dockerd.
"""

# %% [markdown] id="images-crictl-intro"
"""
## crictl: the CRI by hand

`crictl` is a command line for the CRI. Its commands look like Docker's on purpose, but it asks the very service that the
kubelet asks, so what it shows is what the kubelet sees. You run it *on the node*; `%node` takes you there.
"""

# %% id="images-crictl-version"
# %node crictl version

# %% id="images-crictl-info"
# %node crictl info

# %% [markdown] id="images-crictl-info-explain"
"""
`RuntimeReady` and `NetworkReady` are what a node's `Ready` rests on. Now have an image pulled, as the kubelet would:
"""

# %% id="images-pull"
# %node crictl pull busybox:1.35

# %% [markdown] id="images-list-predict"
"""
You wrote `busybox:1.35`. **Predict**: under which name does the node keep it?
"""

# %% id="images-list"
# %node crictl images

# %% [markdown] id="images-name-explain"
"""
A short name stands for a long one:

| part | when you leave it out | here |
| --- | --- | --- |
| registry | `docker.io` | `docker.io` |
| repository | on docker.io, one word alone is below `library/` | `library/busybox` |
| tag | `latest` | `1.35` |
| digest | the tag decides | `@sha256:…` |

A tag is a label that can be moved to another image tomorrow. A **digest** is computed from the content: it names one
image for ever. `IMAGE ID` is a digest as well, that of the image's configuration. Here is all of it:
"""

# %% id="images-inspecti"
# %node crictl inspecti busybox:1.35

# %% [markdown] id="images-error-predict"
"""
**Predict** what comes of an image that no registry has, and which of your nodes' programs says so:
"""

# %% id="images-error"
# %node --expect-failure crictl pull busybox:0.0-nonesuch

# %% [markdown] id="images-error-explain"
"""
These are the words that stand in a Pod's events when it is in `ErrImagePull`. With `crictl pull` you try the same thing
without a Pod around it, and at once. That is what it is best for.

### Containers, seen from the node

`%node` goes to the first machine of the cluster (and `%node --on NAME` to another). We put a Pod there, too: with `nodeName`
it goes past the scheduler, which would choose any.
"""

# %% id="images-machine"
# %kubectl --into machine get nodes -o jsonpath={.items[0].metadata.name}

# %% id="images-web" language="apply"
# apiVersion: v1
# kind: Pod
# metadata:
#   name: web
# spec:
#   nodeName: {machine}
#   terminationGracePeriodSeconds: 2
#   containers:
#   - name: nginx
#     image: nginx:1.22

# %% id="images-web-wait"
# %kubectl wait --for=condition=Ready pod/web --timeout=90s

# %% id="images-ps"
# %node crictl ps --name nginx

# %% id="images-pods"
# %node crictl pods --name web

# %% [markdown] id="images-ps-explain"
"""
One container, in one Pod: the CRI knows Pods, too (it calls them *sandboxes*), but nothing of Deployments or Services. The
column `ATTEMPT` counts how often the kubelet has started this container. Its log is here as well:
"""

# %% id="images-ps-id"
# %node --into container crictl ps --name nginx --quiet

# %% id="images-logs"
# %node crictl logs --tail 3 {container}

# %% [markdown] id="images-stop-predict"
"""
**Predict**: we stop the container behind Kubernetes' back. Will it stay stopped?
"""

# %% id="images-stop"
# %node crictl stop {container}

# %% id="images-stop-wait"
# %kubectl wait --for=jsonpath={.status.containerStatuses[0].restartCount}=1 pod/web --timeout=90s

# %% id="images-stop-ps"
# %node crictl ps --all --name nginx

# %% [markdown] id="images-stop-explain"
"""
Two lines: the one that you stopped, and attempt 1 of the kubelet, which noticed and did its duty. So `crictl` is for
looking. What shall run is decided in the API; whoever starts or stops containers by hand quarrels with the kubelet, and
loses.
"""

# %% [markdown] id="images-ctr-intro"
"""
## Images as files

Think of a classroom without internet, or of a factory. There is no registry to pull from; there is a USB stick. `crictl`
is of no help: the CRI has calls to pull an image, to list and to remove it, but none to read it from a file or to write
it to one. For that one goes past the CRI, to containerd's own command line: **`ctr`**.

**Predict**: you have just pulled busybox and started nginx. What does `ctr` list?
"""

# %% id="images-ctr-empty"
# %node ctr images ls

# %% [markdown] id="images-ctr-namespaces-intro"
"""
Nothing. containerd serves several masters, and keeps them apart in **namespaces** of its own (which have nothing to do
with those of Kubernetes). `ctr` looks into the one named `default`, unless told otherwise. Kubernetes' images are in
`k8s.io`:
"""

# %% id="images-ctr-namespaces"
# %node ctr namespaces ls

# %% id="images-ctr-list"
# %node ctr -n k8s.io images ls -q

# %% [markdown] id="images-ctr-list-explain"
"""
The same images as in `crictl images`, each three times: by its tag, by its digest, and by its id. `ctr` does not complete
names either: it wants `docker.io/library/busybox:1.35`, the whole of it.

### Out to a file

An image can hold variants for several platforms; your node fetched its own only. `--platform` says that this one is
meant. Without it, containerd may look for the others and complain that they are not there.
"""

# %% id="images-arch"
# %kubectl --into arch get node -o jsonpath={.items[0].status.nodeInfo.architecture}

# %% id="images-usb"
# %node mkdir -p /media/usb

# %% id="images-export"
# %node ctr -n k8s.io images export --platform linux/{arch} /media/usb/busybox.tar docker.io/library/busybox:1.35

# %% [markdown] id="images-tar-intro"
"""
The folder `/media/usb` is our stick. What is in the file?
"""

# %% id="images-tar"
# %node tar -tvf /media/usb/busybox.tar

# %% id="images-tar-manifest"
# %node tar -xOf /media/usb/busybox.tar manifest.json

# %% [markdown] id="images-tar-explain"
"""
A plain tar archive:

- `blobs/sha256/…`: every part of the image, named by the digest of its content. The big ones are the **layers**, each a
  compressed tar of files; the small ones are the configuration (what to start, with which variables) and the manifest,
  which lists the parts.
- `index.json`: the way in for OCI tools. It names the manifest, and the image's name.
- `manifest.json`: the same for Docker.

`docker save` writes such a file, too. (Docker 25 and newer write both ways in, older ones `manifest.json` alone; `ctr`
reads either.) So the road from a laptop with Docker to a node is

```
docker pull alpine:3.16                        # on the laptop
docker save alpine:3.16 > alpine.tar
ctr -n k8s.io images import alpine.tar         # on the node, when the file is there
```

There is no Docker here, and for the node it makes no difference who wrote the file.
"""

# %% [markdown] id="images-offline-intro"
"""
### In a room without a registry

Now we are in the classroom. The image is not on the node:
"""

# %% id="images-offline-rmi"
# %node crictl rmi busybox:1.35

# %% [markdown] id="images-offline-policy"
"""
And nobody shall pull it: `imagePullPolicy: Never` tells the kubelet to take what the node has, or nothing.
"""

# %% id="images-offline" language="apply"
# apiVersion: v1
# kind: Pod
# metadata:
#   name: offline
# spec:
#   nodeName: {machine}
#   terminationGracePeriodSeconds: 1
#   containers:
#   - name: shell
#     image: busybox:1.35
#     imagePullPolicy: Never
#     command: ["sleep", "1000"]

# %% id="images-offline-wait"
# %kubectl wait --for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImageNeverPull pod/offline --timeout=60s

# %% [markdown] id="images-offline-predict"
"""
The stick goes into the machine. **Predict**: will the Pod start after this?
"""

# %% id="images-import-wrong"
# %node ctr images import /media/usb/busybox.tar

# %% id="images-import-wrong-ctr"
# %node ctr images ls -q

# %% id="images-import-wrong-crictl"
# %node crictl images

# %% [markdown] id="images-import-wrong-explain"
"""
It was imported without any complaint, and it is in containerd. But it is in the namespace `default`, where the kubelet
does not look. No message tells you; the Pod just stays where it is. Remember this one: it is the commonest mistake with
`ctr`. Once more, with the namespace:
"""

# %% id="images-import"
# %node ctr -n k8s.io images import /media/usb/busybox.tar

# %% id="images-import-crictl"
# %node crictl images

# %% id="images-import-wait"
# %kubectl wait --for=condition=Ready pod/offline --timeout=120s

# %% [markdown] id="images-import-explain"
"""
The kubelet had kept trying, and went on by itself. In a real classroom you would do this on *every* node: the scheduler
may place a Pod on any of them. For a few machines and images that is a fine way. For more, one wants a registry of one's
own, and that is what comes next.
"""

# %% id="images-offline-delete"
# %kubectl delete pod offline web --now

# %% [markdown] id="images-mirror-intro"
"""
## Mirrors

A **mirror** is a registry that has another one's images. Nodes ask it first; the names in your Pods stay as they are. It
is what people mean by an *image accelerator*: near, quick, and perhaps the only one that can be reached.

The lab has one, `mirror.lab:5000`, for images of docker.io. Ask it what it has, in the language of registries, which is
HTTP:
"""

# %% id="images-mirror-catalog"
# %node curl --silent --show-error --fail --max-time 10 http://mirror.lab:5000/v2/_catalog

# %% [markdown] id="images-mirror-log-intro"
"""
It also shows its access log to whoever asks. That is not usual, but it lets us *prove* where a pull went. We note how often
the manifest of nginx was asked for so far:
"""

# %% id="images-mirror-before" language="node" magic_args="--into before sh"
# curl --silent --max-time 10 http://mirror.lab:5000/access.log | grep -c library/nginx/manifests/1.22 || true

# %% [markdown] id="images-hosts-intro"
"""
### containerd: hosts.toml

containerd looks for a folder with the *registry's* name in `/etc/containerd/certs.d`, and in it for a file `hosts.toml`.
"""

# %% id="images-hosts-mkdir"
# %node mkdir -p /etc/containerd/certs.d/docker.io

# %% id="images-hosts" language="node" magic_args="tee /etc/containerd/certs.d/docker.io/hosts.toml"
# server = "https://registry-1.docker.io"
#
# [host."http://mirror.lab:5000"]
#   capabilities = ["pull", "resolve"]

# %% [markdown] id="images-hosts-explain"
"""
Read it like this: *for images of docker.io, ask `mirror.lab:5000` first. It may tell which image a tag means (`resolve`) and
hand out its parts (`pull`). If it does not have the image, go on to `server`, the registry itself.* More `[host]` sections
would be asked in their order. The file is read at each pull; nothing has to be restarted.

**Predict**: we remove nginx from the node and pull it again, by its old name. What does the mirror's log say then?
"""

# %% id="images-hosts-rmi"
# %node --may-fail crictl rmi nginx:1.22

# %% id="images-hosts-pull"
# %node crictl pull nginx:1.22

# %% id="images-hosts-log" language="node" magic_args="sh"
# curl --silent --show-error --fail --max-time 10 http://mirror.lab:5000/access.log | tail -n 4

# %% id="images-hosts-after" language="node" magic_args="--into after sh"
# curl --silent --max-time 10 http://mirror.lab:5000/access.log | grep -c library/nginx/manifests/1.22 || true

# %% [markdown] id="images-hosts-proof-explain"
"""
One more than before. And the lines are the pull, seen from the other end: first the manifest, by its tag; then its parts, by their digests. The address at
the left is your node's. And `ns=docker.io` says *whose* mirror it is taken for, so that one server can stand in for
several registries.

The image's name on the node is still `docker.io/library/nginx:1.22`:
"""

# %% id="images-hosts-images"
# %node crictl images

# %% [markdown] id="images-hosts-view-why"
"""
The same for each node, with who uses what, and what the mirror has given out so far:
"""

# %% id="images-hosts-view"
from course import views

views.NodeImages()

# %% [markdown] id="images-hosts-history"
"""
**In older instructions** you find mirrors written into `/etc/containerd/config.toml`, below
`[plugins."io.containerd.grpc.v1.cri".registry.mirrors]`. containerd has called that deprecated since 1.5, and it cannot be
used together with `hosts.toml`; all that belongs into `config.toml` today is `config_path = "/etc/containerd/certs.d"`, in
the CRI plugin's `registry` section. Changes of `config.toml` do need a `systemctl restart containerd`.

The *addresses* in older instructions have aged as well. Many public mirrors of Docker Hub have been closed or serve their
own customers only, those personal accelerator addresses of cloud providers among them. Before you write one down, ask it,
as we asked ours: `curl https://ADDRESS/v2/`. The dependable mirror is one that your school or company runs.

`ctr images pull`, by the way, does not read this configuration by itself: it is the CRI's. `ctr` wants
`--hosts-dir /etc/containerd/certs.d`.
"""

# %% [markdown] id="images-k3s-intro"
"""
### K3s: registries.yaml

**K3s** is a small distribution of Kubernetes in one program. It brings its own containerd and writes its configuration,
at every start, to

```
/var/lib/rancher/k3s/agent/etc/containerd/config.toml
```

Whatever you change there is gone after the next start. Instead you write `/etc/rancher/k3s/registries.yaml`, on every
node, and K3s makes containerd's files of it. The lab's own nodes do as K3s does. (A cluster of kind is none of K3s: there
the cells up to the end of this section that restart K3s or show its files complain. Read them, and go on.)

First we take the other configuration away. Then:
"""

# %% id="images-k3s-rm"
# %node rm -r /etc/containerd/certs.d/docker.io

# %% id="images-k3s-mkdir"
# %node mkdir -p /etc/rancher/k3s

# %% id="images-k3s-file" language="node" magic_args="tee /etc/rancher/k3s/registries.yaml"
# mirrors:
#   docker.io:
#     endpoint:
#       - "http://mirror.lab:5000"

# %% [markdown] id="images-k3s-predict"
"""
The file is there. **Predict**: where would the next pull go?
"""

# %% id="images-k3s-before"
# %node --may-fail cat /var/lib/rancher/k3s/agent/etc/containerd/certs.d/docker.io/hosts.toml

# %% [markdown] id="images-k3s-restart-why"
"""
To where it went before: K3s reads `registries.yaml` only when it starts, and has not made anything of it yet. So it has to be
restarted. On a server the service is called `k3s`, on all other nodes `k3s-agent`:
"""

# %% id="images-k3s-restart"
# %node --may-fail systemctl restart k3s

# %% id="images-k3s-status"
# %node --may-fail systemctl is-active k3s

# %% id="images-k3s-after"
# %node --may-fail cat /var/lib/rancher/k3s/agent/etc/containerd/certs.d/docker.io/hosts.toml

# %% id="images-k3s-config"
# %node --may-fail cat /var/lib/rancher/k3s/agent/etc/containerd/config.toml

# %% [markdown] id="images-k3s-after-explain"
"""
You know this file by now: it is `hosts.toml`, written by K3s, with the registry itself as `server`. `config.toml` says where
it lies. (Older K3s wrote the mirrors into `config.toml` itself; that is what older instructions look for there.)

Did it work? The mirror knows.
"""

# %% id="images-k3s-rmi"
# %node --may-fail crictl rmi nginx:1.22

# %% id="images-k3s-pull"
# %node crictl pull nginx:1.22

# %% id="images-k3s-log" language="node" magic_args="sh"
# curl --silent --show-error --fail --max-time 10 http://mirror.lab:5000/access.log | tail -n 4

# %% id="images-k3s-count" language="node" magic_args="sh"
# curl --silent --max-time 10 http://mirror.lab:5000/access.log | grep -c library/nginx/manifests/1.22 || true

# %% [markdown] id="images-k3s-more"
"""
One more again, and this time because K3s had said so.

(After the restart of a real K3s your Pods would still be there: containers are no children of the service. So it is here.)

`registries.yaml` can do more: several endpoints, tried in their order; `rewrite` for mirrors that keep images below another
path; and below `configs`, for each address, a login (`auth`) and certificates (`tls`). Kubernetes' own way to log in to a
registry, per namespace and without touching any node, is an `imagePullSecret`.
"""

# %% [markdown] id="images-cleanup-intro"
"""
## Clearing away

The node forgets the mirror, and all is as it was:
"""

# %% id="images-cleanup-files"
# %node rm -rf /etc/rancher/k3s /media/usb/busybox.tar

# %% id="images-cleanup-k3s"
# %node --may-fail systemctl restart k3s

# %% id="images-cleanup-default"
# %node --may-fail ctr images rm docker.io/library/busybox:1.35

# %% id="images-cleanup-ls"
# %node ctr images ls -q

# %% [markdown] id="images-summary"
"""
## Summary

- The kubelet has containers run, and images pulled, by a runtime that speaks the **CRI**: containerd, CRI-O and others.
  **dockershim** went with Kubernetes 1.24; images built by Docker run as ever.
- **`crictl`** shows what the kubelet sees. It pulls, lists and removes images, and cannot read or write files.
- **`ctr`** is containerd's own. Kubernetes' images are in its namespace **`k8s.io`**; what lies in `default`, no Pod finds.
- An exported image is a tar of blobs with an index for OCI tools and one for Docker.
- A **mirror** answers for another registry. containerd learns of it by `certs.d/REGISTRY/hosts.toml`, K3s by
  `registries.yaml` and a restart, on every node. The proof is in the mirror's log.

| to do this | type this, on the node |
| --- | --- |
| pull an image as the kubelet would | `crictl pull NAME:TAG` |
| list images, containers, Pods | `crictl images`, `crictl ps -a`, `crictl pods` |
| read a container's log | `crictl logs ID` |
| see all about an image, a container | `crictl inspecti IMAGE`, `crictl inspect ID` |
| write an image to a file | `ctr -n k8s.io images export --platform linux/amd64 FILE.tar docker.io/library/NAME:TAG` |
| read images from a file | `ctr -n k8s.io images import FILE.tar` |
| write a mirror down for containerd | `/etc/containerd/certs.d/docker.io/hosts.toml` |
| write a mirror down for K3s | `/etc/rancher/k3s/registries.yaml`, then `systemctl restart k3s` (`k3s-agent`) |

**Next**: the exercise beside this page, `exercise.ipynb`.

**Read on** in the official documentation:

- [Container runtimes](https://kubernetes.io/docs/setup/production-environment/container-runtimes/)
- [The Container Runtime Interface](https://kubernetes.io/docs/concepts/containers/cri/)
- [Questions about the removal of dockershim](https://kubernetes.io/blog/2022/02/17/dockershim-faq/)
- [Debugging nodes with crictl](https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/)
- [Images, pull policies and secrets](https://kubernetes.io/docs/concepts/containers/images/)
- [containerd's hosts.toml](https://github.com/containerd/containerd/blob/main/docs/hosts.md)
- [K3s: private registry configuration](https://docs.k3s.io/installation/private-registry)
"""
