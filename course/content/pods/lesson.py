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

# %% [markdown] id="pods-title"
"""
# Pods

A container never runs alone on Kubernetes. It runs in a **Pod**, and the Pod is the smallest thing that
Kubernetes creates, places, watches and deletes. Whatever you meet later (Deployments, Jobs, Services)
makes Pods, or finds them.

When you have worked through this page you can

- start a Pod, see where it runs, read what it says, and ask it for a page at its own address;
- run commands in its container, watch it change, and use a throw-away Pod for a one-off task;
- say what the containers of one Pod share, and why that makes a web server with a helper beside it easy;
- tell a program that ends, a probe that fails and an image that cannot be had from each other, and find the cause;
- delete a Pod, gently and by force, and say what the difference costs.

It takes about 55 minutes. Everything below runs on a real cluster, yours alone: change the cells, break
things, run them again.
"""

# %% [markdown] id="pods-how-cells-work"
"""
## How to read this page

Run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. The first one brings commands
into the notebook, of which you need three:

- `%kubectl …` is what you would type in a terminal as `kubectl …`. If the command fails, the cell fails, and
  shows you kubectl's own words.
- `%%apply` sends the YAML below it to the cluster. In a terminal: `kubectl apply -f file.yaml`.
- `%node …` runs a command on a machine of the cluster.

A terminal works just as well: *File → New → Terminal*, then type the commands without the `%`.

Where you see **Predict**, decide on an answer before you run the cell. A wrong guess is worth more than a
right answer that you only read.
"""

# %% id="pods-load"
# %load_ext course
from course import checks

checks.speak("en")

# %% [markdown] id="pods-clean-start-why"
"""
Should you come back to this page later, this clears away what an earlier run may have left.
"""

# %% id="pods-clean-start"
# %kubectl delete pod mynginx watched once site clash ends probed typo --ignore-not-found --now

# %% [markdown] id="pods-run-intro"
"""
## A first Pod

`kubectl run NAME --image=IMAGE` asks for a Pod with one container.
"""

# %% id="pods-run"
# %kubectl run mynginx --image=nginx

# %% [markdown] id="pods-get-predict"
"""
The command came back at once. **Predict**: is the web server running by now?
"""

# %% id="pods-get"
# %kubectl get pod

# %% [markdown] id="pods-get-explain"
"""
Perhaps you caught the status `Pending` or `ContainerCreating`, perhaps it was `Running` already. `created`
only meant that the API server wrote your wish down. After that

1. the **scheduler** chose a node (a machine) for the Pod,
2. the **kubelet** on that node saw that a Pod is meant for it, and had the image pulled,
3. and the container runtime started the container.

You do not need to keep looking. `kubectl wait` comes back the moment that a condition holds, or fails at its
timeout. Scripts should always do that rather than sleep and hope.
"""

# %% id="pods-wait"
# %kubectl wait --for=condition=Ready pod/mynginx --timeout=60s

# %% id="pods-get-again"
# %kubectl get pod

# %% [markdown] id="pods-get-columns"
"""
The columns, from left to right:

| column | what it says |
| --- | --- |
| `NAME` | the Pod's name, unique among the Pods of a namespace |
| `READY` | how many of its containers are ready to work, of how many |
| `STATUS` | where the Pod is in its life, or what holds it up |
| `RESTARTS` | how often a container ended and was started again |
| `AGE` | the time since the Pod was created |

You wrote `--image=nginx` without a tag, which means `nginx:latest`. In this lab it is nginx 1.22: a cluster
without a road to the internet gets its images from a registry of its own, and the lab's builds this one from
Debian's packages. The image says so itself, in a label. With the internet in reach it would be the one
from Docker Hub. Outside of a lesson, write the tag: `latest` is another image next week.
"""

# %% [markdown] id="pods-map-intro"
"""
Here is the whole cluster as a map: its nodes, and on them the Pods. It goes on changing while you work, and a press on a
Pod shows its logs and its description. (In JupyterLab, *Create New View for Cell Output* in the menu of a right click
keeps it beside the page.)
"""

# %% id="pods-map"
from course import views

views.ClusterMap()

# %% [markdown] id="pods-describe-intro"
"""
## Looking closer

`describe` gathers what is known about one object. When something does not work, it is the first thing to
read, **from the bottom**: the events at the end tell the story in order.
"""

# %% id="pods-describe"
# %kubectl describe pod mynginx

# %% [markdown] id="pods-describe-explain"
"""
Find these in the output:

- `Node`: the machine that the scheduler chose.
- `IP`: the Pod's address. It belongs to the *Pod*, not to the container.
- `Containers`: one, named `mynginx` as the Pod is, with its image and its state.
- `Conditions`: `PodScheduled`, `Initialized`, `ContainersReady`, `Ready`. The `wait` above waited for the last.
- `Events`: `Scheduled`, `Pulled`, `Created`, `Started`. Compare them with the three steps above.

So Kubernetes manages *Pods*. There is no command that starts a bare container, and the scheduler never
sees one: a Pod goes to a node whole, with all its containers, or it does not go.
"""

# %% [markdown] id="pods-logs-intro"
"""
What the program in the container writes to its standard output and its standard error is the Pod's log.
"""

# %% id="pods-logs"
# %kubectl logs mynginx

# %% [markdown] id="pods-wide-intro"
"""
So far nginx has told of its start and of nothing else: nobody has asked it for a page. To ask, we need its
address. `-o wide` adds it, and the node.
"""

# %% id="pods-wide"
# %kubectl get pod -o wide

# %% [markdown] id="pods-address-intro"
"""
Every Pod has an address of its own, which every other Pod and every node of the cluster can reach, without
any mapping of ports. We let kubectl print nothing but the address, and keep it in the Python variable `pod_ip`:
"""

# %% id="pods-address"
# %kubectl --into pod_ip get pod mynginx -o jsonpath={.status.podIP}

# %% [markdown] id="pods-curl-intro"
"""
Now the request: the Pod's address, and the port on which the program *in* the Pod listens. nginx listens on 80,
which is HTTP's usual port and need not be written.
"""

# %% id="pods-curl"
# %node curl --silent --show-error --fail --retry 5 --retry-connrefused --max-time 20 http://{pod_ip}

# %% [markdown] id="pods-curl-logs-predict"
"""
**Predict**: what does the log hold now that it did not hold before?
"""

# %% id="pods-curl-logs"
# %kubectl logs mynginx --tail=1

# %% [markdown] id="pods-address-changes"
"""
Do not write a Pod's address down anywhere. A Pod that is deleted and made again gets another one. The lesson
on Services is about how to find Pods in spite of that.
"""

# %% [markdown] id="pods-exec-intro"
"""
## Working in the container

`kubectl exec POD -- COMMAND` runs one more program in a running container: it sees the container's files, its
processes and its network. What follows the `--` is for the container, what precedes it is for kubectl.
"""

# %% id="pods-exec"
# %kubectl exec mynginx -- nginx -v

# %% [markdown] id="pods-exec-it"
"""
In a terminal you would often want a shell to look around in:

```
kubectl exec mynginx -it -- /bin/bash
```

`-i` keeps the standard input open, so that what you type arrives. `-t` makes it a terminal, with a prompt and
line editing. A notebook cell has no terminal, so here we leave `-t` out and let the cell be the input: the lines
below `%%kubectl` are what you would type. (Try the `-it` form now: *File → New → Terminal*; `exit` leaves the shell.)
"""

# %% id="pods-exec-shell" language="kubectl" magic_args="exec -i mynginx -- /bin/bash"
# echo "I am on $(hostname), and I am $(whoami)."
# head -n 2 /etc/os-release
# cd /usr/share/nginx/html
# ls
# echo '<h1>Changed from inside</h1>' > index.html

# %% [markdown] id="pods-exec-predict"
"""
**Predict**: the shell has ended. Which page does nginx serve now? And which would it serve if the Pod were deleted
and made again from the same image?
"""

# %% id="pods-exec-page"
# %node curl --silent --show-error --fail --max-time 10 http://{pod_ip}

# %% [markdown] id="pods-exec-explain"
"""
The change is in the container's own writable layer. It lives as long as this container does; a new one starts
from the image again. What is to outlast a container goes into a **volume**: there is one further down.
"""

# %% [markdown] id="pods-watch-intro"
"""
## Watching

`get` shows one moment. With `--watch` it keeps running and prints a line whenever something changes. We start a
second Pod and watch it at once. **Predict** which statuses will pass by.

In a terminal a watch runs until you press <kbd>Ctrl</kbd>+<kbd>C</kbd>. In this notebook it ends by itself after some
seconds, or, with `--until`, as soon as a text appears.
"""

# %% id="pods-watch-run"
# %kubectl run watched --image=nginx

# %% id="pods-watch"
# %kubectl --until Running get po watched --watch

# %% [markdown] id="pods-watch-explain"
"""
(`po` is short for `pod`; `kubectl api-resources` lists all short names.) A line appears for every change of the
*object*: first it has no node, then it has one, then its container runs. A watch is how Kubernetes itself works:
the scheduler watches for Pods without a node, the kubelet watches for Pods on its own node.

One name, one Pod. **Predict** what comes of asking for the same name again:
"""

# %% id="pods-name-taken"
# %kubectl --expect-failure run watched --image=nginx

# %% [markdown] id="pods-once-intro"
"""
## A Pod for one task

Sometimes you need a program *inside* the cluster for a minute: a client, a test, a look from there. In a terminal:

```
kubectl run once --image=nginx -it --rm -- /bin/bash
```

`-it` as above; `--rm` deletes the Pod when you leave it. In a cell, again, the lines below are what you would type.
`--restart=Never` says that a container that ends is done. Without it Kubernetes would start it again, since a Pod's
usual promise is to keep its program running.
"""

# %% id="pods-once" language="kubectl" magic_args="run once --image=nginx -i --rm --restart=Never -- /bin/bash"
# echo "This is Pod $(hostname)."
# nginx -v

# %% [markdown] id="pods-once-client-intro"
"""
The same, as a client: a Pod of busybox asks the web server in the other Pod.
"""

# %% id="pods-once-client" language="kubectl" magic_args="run once --image=busybox -i --rm --restart=Never -- /bin/sh"
# wget -q -O - http://{pod_ip}

# %% [markdown] id="pods-once-client-explain"
"""
From Pod to Pod, straight to the address. (The `wget` could stand on the command line instead of the shell. But a command
may well be done before kubectl is connected to its output, and you would see nothing of it; a shell waits for you.)

What is left of the two Pods called `once`?
"""

# %% id="pods-once-gone"
# %kubectl get pod

# %% [markdown] id="pods-sidecar-intro"
"""
## Two containers, one Pod

Now for what makes a Pod more than a container. A web server serves files; a second container beside it, a
**sidecar**, keeps these files up to date. Neither knows of the other. What they share is a folder.

```mermaid
flowchart LR
  subgraph pod [Pod site: one node, one address]
    updater[container updater] -->|writes index.html| volume[(volume page)]
    volume -->|is read by| web[container web: nginx]
  end
  web <-->|port 80| client([curl])
```

`%%apply` sends a description of the Pod. Three places belong together: the volume (`volumes`), and one
`volumeMounts` in each container that says where the volume appears in *its* file system.
"""

# %% id="pods-sidecar" language="apply"
# apiVersion: v1
# kind: Pod
# metadata:
#   name: site
# spec:
#   terminationGracePeriodSeconds: 2
#   volumes:
#   - name: page
#     emptyDir: {}
#   containers:
#   - name: web
#     image: nginx
#     volumeMounts:
#     - name: page
#       mountPath: /usr/share/nginx/html
#   - name: updater
#     image: busybox
#     command: ["/bin/sh", "-c"]
#     args:
#     - |
#       count=0
#       while true; do
#         count=$((count + 1))
#         echo "Edition $count, written at $(date +%T)" > /work/next
#         mv /work/next /work/index.html
#         sleep 1
#       done
#     volumeMounts:
#     - name: page
#       mountPath: /work

# %% id="pods-sidecar-wait"
# %kubectl wait --for=condition=Ready pod/site --timeout=60s

# %% [markdown] id="pods-sidecar-predict"
"""
**Predict**: what stands under `READY` now? How many addresses does `-o wide` show for the two containers?
"""

# %% id="pods-sidecar-get"
# %kubectl get pod site -o wide

# %% [markdown] id="pods-sidecar-one"
"""
Two of two ready, *one* address, *one* node. The containers of a Pod are always placed together, on the same machine;
there is no way to spread them. Now the page:
"""

# %% id="pods-sidecar-address"
# %kubectl --into site_ip get pod site -o jsonpath={.status.podIP}

# %% id="pods-sidecar-page"
first = checks.http(f"http://{site_ip}/", contains="Edition")
print(first)

# %% [markdown] id="pods-sidecar-page-predict"
"""
(`checks.http` is curl in Python, with patience: it asks again until the answer is as wanted.) **Predict**: nobody touches
the container `web`. What comes if we ask again?
"""

# %% id="pods-sidecar-page-again"
second = checks.http(f"http://{site_ip}/", contains="Edition", differs_from=first)
print(second)

# %% [markdown] id="pods-sidecar-volume"
"""
A new edition. The same folder, seen from both sides: with more than one container in the Pod, `-c` says which one
you mean.
"""

# %% id="pods-sidecar-ls-web"
# %kubectl exec site -c web -- ls -l /usr/share/nginx/html

# %% id="pods-sidecar-ls-updater"
# %kubectl exec site -c updater -- ls -l /work

# %% [markdown] id="pods-emptydir"
"""
An `emptyDir` volume is made, empty, when the Pod comes to its node, and goes when the Pod is deleted. Containers may
crash and restart in between without losing it.

(Our sidecar is an ordinary container of the Pod. Kubernetes also knows sidecars as a kind of their own, an init container
with `restartPolicy: Always`: it starts before the others and ends after them. The link is at the end of this page.)
"""

# %% [markdown] id="pods-localhost-intro"
"""
### One address, one localhost

The busybox container runs no web server. **Predict**: what does it get if it asks *localhost* for a page?
"""

# %% id="pods-localhost"
# %kubectl exec site -c updater -- wget -q -O - http://localhost

# %% [markdown] id="pods-localhost-explain"
"""
The page that nginx serves in the other container. The containers of a Pod share one network: one address, one set of
ports, one localhost. Think of a Pod as a **logical host**: a small machine of its own, on which the programs that
belong together run side by side, talk over localhost, share files through volumes, and come and go together.

Sharing has its price. **Predict** what happens when two web servers in one Pod both want port 80:
"""

# %% id="pods-clash" language="apply"
# apiVersion: v1
# kind: Pod
# metadata:
#   name: clash
# spec:
#   terminationGracePeriodSeconds: 2
#   containers:
#   - name: first
#     image: nginx
#   - name: second
#     image: nginx
#     command: ["/bin/sh", "-c"]
#     args: ["until curl -s -o /dev/null localhost; do sleep 0.1; done; exec nginx -g 'daemon off;'"]

# %% [markdown] id="pods-clash-wait-why"
"""
The second one waits until localhost answers (that is the first one!) and starts then, so that it always loses. We
follow its log up to the message that counts.
"""

# %% id="pods-clash-wait"
# %kubectl wait --for=jsonpath={.status.containerStatuses[1].containerID} pod/clash --timeout=60s

# %% id="pods-clash-logs"
# %kubectl --until "Address already in use" logs clash -c second --follow

# %% [markdown] id="pods-clash-explain"
"""
The port is taken, as it would be on any one machine. Two *Pods* have no such quarrel: `mynginx` and `watched` both
listen on port 80, each at its own address.

When do two containers belong into one Pod? When they must share files or localhost, and neither makes sense without the
other. A web site and its database are two Pods: they are to be placed, updated and multiplied separately.
"""

# %% id="pods-clash-delete"
# %kubectl delete pod clash

# %% [markdown] id="pods-trouble-intro"
"""
## When something goes wrong

Three troubles are met more often than all others: a program ends, a probe fails, an image cannot be had. Each looks the
same wherever you meet it. So let us make all three on purpose.

### The program ends

A Pod's promise is to keep its containers running. This one says two things and fails. **Predict**: what will stand under
`STATUS` and `RESTARTS`, and does it go on like that?
"""

# %% id="pods-restart-run"
# %kubectl run ends --image=busybox -- /bin/sh -c "echo I begin.; echo I cannot find my file.; exit 3"

# %% id="pods-restart-watch"
# %kubectl --until CrashLoopBackOff get pod ends --watch

# %% [markdown] id="pods-restart-explain"
"""
It ended, was started again at once, and ended again. From now on Kubernetes waits before each new try: 10 seconds, 20,
40, and so on, up to 5 minutes. `CrashLoopBackOff` is the name of that wait. It is not a cause. Where do you find the
cause? In the log: it holds what the container said that ran last, also when that has ended:
"""

# %% id="pods-restart-logs"
# %kubectl logs ends

# %% [markdown] id="pods-restart-describe-why"
"""
And `describe` keeps how it ended. Look for `Last State`, `Exit Code` and `Restart Count`:
"""

# %% id="pods-restart-describe"
# %kubectl describe pod ends

# %% [markdown] id="pods-restart-life-why"
"""
The whole life of the Pod as a picture, with what the cluster told of it. It goes on while the Pod lives: watch how the
waits grow.
"""

# %% id="pods-restart-life"
views.PodLife("ends")

# %% [markdown] id="pods-restart-policy"
"""
What is restarted is the *container*. The Pod stays, with its name, its address, its node and its volumes. Whether
anything is restarted at all is the Pod's `restartPolicy`:

| `restartPolicy` | a container that ends is started again | for |
| --- | --- | --- |
| `Always` (the default) | always, even after exit code 0 | servers |
| `OnFailure` | if its exit code is not 0 | tasks that may be tried again |
| `Never` | never | tasks that run once |

With the last two, a Pod has an end: its status is then `Completed` (the phase `Succeeded`) or `Error` (the phase
`Failed`). The Pod `once` above was of this kind.
"""

# %% id="pods-restart-delete"
# %kubectl delete pod ends --now

# %% [markdown] id="pods-probe-intro"
"""
### A probe fails

`Running` says that the process is there. Whether it *works*, Kubernetes can only know by asking. That is what probes
are for: a request, a command or a connection, again and again.

This nginx has two. It counts as **ready** when it has a page `ready.html`, and as **alive** while it serves its front page.
**Predict**: what will stand under `READY` and `STATUS`?
"""

# %% id="pods-probe" language="apply"
# apiVersion: v1
# kind: Pod
# metadata:
#   name: probed
# spec:
#   terminationGracePeriodSeconds: 2
#   containers:
#   - name: web
#     image: nginx
#     readinessProbe:
#       httpGet:
#         path: /ready.html
#         port: 80
#       periodSeconds: 1
#     livenessProbe:
#       httpGet:
#         path: /
#         port: 80
#       periodSeconds: 1

# %% id="pods-probe-wait"
# %kubectl wait --for=jsonpath={.status.phase}=Running pod/probed --timeout=60s

# %% id="pods-probe-events"
# %kubectl --until "statuscode: 404" events --for pod/probed --watch

# %% id="pods-probe-get"
# %kubectl get pod probed

# %% [markdown] id="pods-probe-explain"
"""
`Running`, and yet `0/1`. The event says why: the server answered 404. A Pod that is not ready is left alone, not
restarted. It only gets no work: a Service sends it no requests. As soon as the probe succeeds, all is well:
"""

# %% id="pods-probe-mend"
# %kubectl exec probed -- touch /usr/share/nginx/html/ready.html

# %% id="pods-probe-ready"
# %kubectl wait --for=condition=Ready pod/probed --timeout=60s

# %% [markdown] id="pods-probe-liveness-predict"
"""
Now the other probe. We take the front page away; three failures in a row, and Kubernetes holds the container for dead.
**Predict**: what does it do then? And will the Pod be ready afterwards? (Think of where `ready.html` is.)
"""

# %% id="pods-probe-break"
# %kubectl exec probed -- rm /usr/share/nginx/html/index.html

# %% id="pods-probe-restarted"
# %kubectl wait --for=jsonpath={.status.containerStatuses[0].restartCount}=1 pod/probed --timeout=60s

# %% id="pods-probe-after"
# %kubectl wait --for=condition=Ready=False pod/probed --timeout=60s

# %% id="pods-probe-get-again"
# %kubectl get pod probed

# %% [markdown] id="pods-probe-liveness-explain"
"""
The container was killed and started again from its image. So the front page is back, since it is in the image, and
`ready.html` is gone, since it was only in the old container's layer: `0/1` once more.

The log begins anew, too. What the container before this one said, you get with `--previous`:
"""

# %% id="pods-probe-previous"
# %kubectl logs probed --previous --tail=3

# %% [markdown] id="pods-probe-kinds"
"""
The three probes, side by side:

| probe | it asks | if it fails |
| --- | --- | --- |
| `readinessProbe` | can you take requests now? | no requests are sent; nothing is restarted |
| `livenessProbe` | are you beyond help? | the container is killed and restarted |
| `startupProbe` | have you started? | the two others wait; if it takes too long, as for `livenessProbe` |

A liveness probe that asks too much makes things worse: it kills what was only slow.
"""

# %% [markdown] id="pods-image-intro"
"""
### The image cannot be had

A slip of the keyboard is enough. **Predict**: will there be restarts?
"""

# %% id="pods-image-run"
# %kubectl run typo --image=ngnix:1.22

# %% id="pods-image-watch"
# %kubectl --until ImagePullBackOff get pod typo --watch

# %% id="pods-image-events"
# %kubectl events --for pod/typo

# %% [markdown] id="pods-image-explain"
"""
No restarts: no container has ever been started. `ErrImagePull` means that a try has just failed, `ImagePullBackOff` that
Kubernetes waits before the next one; the two take turns. The event holds the answer of the registry: no such image, no such
tag, no permission, or no answer at all. Two relatives: `InvalidImageName`, a name that cannot be one, and
`ErrImageNeverPull`, an image that is not on the node while `imagePullPolicy: Never` forbids to pull it.

The image is one of the few things of a Pod that can be changed while it is there:
"""

# %% id="pods-image-mend"
# %kubectl set image pod/typo typo=nginx:1.22

# %% id="pods-image-wait"
# %kubectl wait --for=condition=Ready pod/typo --timeout=60s

# %% id="pods-trouble-delete"
# %kubectl delete pod typo probed --now

# %% [markdown] id="pods-delete-intro"
"""
## Deleting

**Predict**: you delete `mynginx`. Does Kubernetes start another in its place?
"""

# %% id="pods-delete"
# %kubectl delete pod mynginx

# %% id="pods-delete-get"
# %kubectl get pod

# %% [markdown] id="pods-delete-explain"
"""
It does not. You asked for this very Pod, and then for its end. If something is to bring Pods back, it must be
something that wants them to be there, such as a Deployment; that comes with the lesson on Services.

Deleting is polite. The container's main process is told to end (SIGTERM, or what the image asks for) and has 30 seconds
to finish what it is doing: `terminationGracePeriodSeconds`. Whoever still runs then is killed. nginx obeys at once, which
is why you hardly waited. A shell that ignores the signal would have kept you for the 30 seconds; in the YAML above we
allowed it two.

`--force` does not ask:
"""

# %% id="pods-force-run"
# %kubectl run mynginx --image=nginx

# %% id="pods-force-wait"
# %kubectl wait --for=condition=Ready pod/mynginx --timeout=60s

# %% id="pods-force"
# %kubectl delete pod mynginx --force

# %% [markdown] id="pods-force-explain"
"""
Read the warning: the *object* is deleted at once, without anyone confirming that the containers have ended. Their node
kills them when it hears of it. If the node is cut off, they may go on for a long time, and a new Pod of the same
name may run beside them. `--force` is for Pods that cannot end by themselves, not for impatience.
"""

# %% [markdown] id="pods-cleanup-intro"
"""
## Clearing away

The rest of what this page made:
"""

# %% id="pods-cleanup"
# %kubectl delete pod watched site --now

# %% id="pods-cleanup-get"
# %kubectl get pod

# %% [markdown] id="pods-summary"
"""
## Summary

- A **Pod** holds one or more containers. It is the smallest object that Kubernetes creates and schedules; containers
  are managed through it.
- All containers of a Pod run on the **same node**. They share one **address**, its **ports**, **localhost**, and
  the **volumes** that they mount: a logical host for programs that belong together.
- The address is the Pod's own, reachable from the whole cluster, and gone with the Pod.
- A container that ends is started again in the same Pod, with longer and longer waits. `Running` is not `Ready`: a
  readiness probe tells the two apart, a liveness probe restarts.
- A bare Pod that is deleted stays deleted.

| to do this | type this |
| --- | --- |
| start a Pod | `kubectl run NAME --image=IMAGE` |
| list Pods, with address and node | `kubectl get pod -o wide` |
| follow changes | `kubectl get pod --watch` |
| wait for a condition | `kubectl wait --for=condition=Ready pod/NAME --timeout=60s` |
| read all about one | `kubectl describe pod NAME` |
| read what it says | `kubectl logs NAME` (`-c CONTAINER`, `--follow`, `--previous`) |
| read what the cluster tells of it | `kubectl events --for pod/NAME` |
| give it another image | `kubectl set image pod/NAME CONTAINER=IMAGE` |
| run a command in it | `kubectl exec NAME -- COMMAND` |
| open a shell in it | `kubectl exec NAME -it -- /bin/bash` |
| run a one-off Pod | `kubectl run NAME --image=IMAGE -it --rm --restart=Never -- COMMAND` |
| delete it | `kubectl delete pod NAME` (`--force`: without waiting for its end) |

**Next**: the exercise beside this page, `exercise.ipynb`.

**Read on** in the official documentation:

- [Pods](https://kubernetes.io/docs/concepts/workloads/pods/)
- [The life of a Pod](https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/)
- [Liveness, readiness and startup probes](https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/)
- [Sidecar containers](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)
- [Containers that share a volume](https://kubernetes.io/docs/tasks/access-application-cluster/communicate-containers-same-pod-shared-volume/)
- [The kubectl reference](https://kubernetes.io/docs/reference/kubectl/generated/)
"""
