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

# %% [markdown] id="services-title"
"""
# Services

A Pod's address goes with the Pod. Whoever wants to talk to a web shop does not care which Pod that is today, where it
runs, or how many of its kind there are: a name that always works is enough. That is what a **Service** gives: one name
and one address for a set of Pods that can stand in for each other, and a share of the requests for each of them.

When you have worked through this page you can

- say how labels and selectors tie a Service to its Pods, and find the mistake where they do not;
- publish a Deployment by a Service, and reach it by address and by name, from a Pod, from a node, and from outside;
- choose between ClusterIP, NodePort, LoadBalancer, ExternalName and a headless Service;
- read a Service's EndpointSlices, and say which Pods get requests at this moment, and why one does not.

It takes about 50 minutes. Run the cells from top to bottom, and where it says **Predict**, decide before you run.
"""

# %% id="services-load"
# %load_ext course
from course import checks

checks.speak("en")

# %% [markdown] id="services-clean-start-why"
"""
Should you come back to this page later, this clears away what an earlier run may have left.
"""

# %% id="services-clean-start"
# %kubectl delete deployment nginx-deployment --ignore-not-found --cascade=foreground

# %% id="services-clean-start-services"
# %kubectl delete service nginx-service nginx-service2 nginx-fixed nginx-taken nginx-public nginx-headless docs web-alias --ignore-not-found

# %% id="services-clean-start-pods"
# %kubectl delete pod client nginx-test --ignore-not-found --now

# %% [markdown] id="services-deployment-intro"
"""
## Three replicas of one thing

A **Deployment** keeps a number of equal Pods running. It holds a template for them, and whenever there are fewer than
`replicas`, it has another one made.

So that we can tell the three apart later, each gets a page of its own: before nginx starts, an **init container**
writes the Pod's name into the folder that nginx serves. The `readinessProbe` asks every second whether there is a page.
"""

# %% id="services-deployment" language="apply"
# apiVersion: apps/v1
# kind: Deployment
# metadata:
#   name: nginx-deployment
# spec:
#   replicas: 3
#   selector:
#     matchLabels:
#       app: nginx
#   template:
#     metadata:
#       labels:
#         app: nginx
#         tier: web
#     spec:
#       terminationGracePeriodSeconds: 2
#       volumes:
#       - name: page
#         emptyDir: {}
#       initContainers:
#       - name: sign
#         image: busybox:1.35
#         command: ["/bin/sh", "-c", "hostname > /page/index.html"]
#         volumeMounts:
#         - name: page
#           mountPath: /page
#       containers:
#       - name: nginx
#         image: nginx:1.22
#         ports:
#         - containerPort: 80
#         readinessProbe:
#           httpGet:
#             path: /
#             port: 80
#           periodSeconds: 1
#           failureThreshold: 1
#         volumeMounts:
#         - name: page
#           mountPath: /usr/share/nginx/html

# %% id="services-deployment-rollout"
# %kubectl rollout status deployment/nginx-deployment --timeout=60s

# %% [markdown] id="services-labels-intro"
"""
## Labels and selectors

How does the Deployment know which Pods are its own? By their **labels**: pairs of a key and a value that you choose.
`app: nginx` stands in the template, so every Pod made from it carries it.
"""

# %% id="services-labels-show"
# %kubectl get pod --show-labels

# %% [markdown] id="services-labels-explain"
"""
Two labels are ours; the third, `pod-template-hash`, the Deployment added for itself. Labels mean nothing to Kubernetes.
They are there to be *asked for*, by a **selector** (`-l`, long `--selector`): all its conditions must hold.
"""

# %% id="services-selector-equal"
# %kubectl get pod -l app=nginx,tier=web

# %% id="services-selector-set"
# %kubectl get pod -l "app in (nginx, apache), tier!=database" -o name

# %% [markdown] id="services-delete-predict"
"""
We keep the name and the address of one Pod, and delete it. **Predict**: how many Pods will there be? Will one of them
have this name? This address?
"""

# %% id="services-delete-which"
# %kubectl --into old_pod get pod -l app=nginx -o jsonpath={.items[0].metadata.name}

# %% id="services-delete-address"
# %kubectl --into old_address get pod {old_pod} -o jsonpath={.status.podIP}

# %% id="services-delete"
# %kubectl delete pod {old_pod}

# %% id="services-delete-rollout"
# %kubectl rollout status deployment/nginx-deployment --timeout=60s

# %% id="services-delete-get"
# %kubectl get pod -l app=nginx -o wide

# %% [markdown] id="services-delete-explain"
"""
Three again, one of them new, with a name and an address of its own. Had a client written the old address down, it would
now talk to nobody. (Or to somebody else: addresses are used again.)
"""

# %% [markdown] id="services-expose-intro"
"""
## A Service for them

`kubectl expose` makes a Service for a Deployment: it takes the Deployment's selector over.

- `--port` is the Service's port, the one that clients use;
- `--target-port` is the port on which the program in the Pods listens. They are often equal, and need not be.
"""

# %% id="services-expose"
# %kubectl expose deployment/nginx-deployment --name=nginx-service --type=ClusterIP --port=80 --target-port=80

# %% id="services-get"
# %kubectl get service nginx-service -o wide

# %% [markdown] id="services-get-explain"
"""
`CLUSTER-IP` is the Service's own address. It stays as long as the Service does, whatever becomes of the Pods. No network
card has it: on every node, connections to it are passed on to one of the Pods. `ClusterIP` is also the name of this type,
the usual one; it can be left out.

`describe` shows the selector and what it has found:
"""

# %% id="services-describe"
# %kubectl describe service nginx-service

# %% [markdown] id="services-picture-intro"
"""
`Endpoints` are the addresses of the Pods, with the target port. A few lines of Python draw the same as a picture, from what
the cluster says at this moment. We will run the last line again whenever something has changed.
"""

# %% id="services-picture"
from IPython.display import Markdown

from course import kubectl


def picture(name):
    service = kubectl.get("service", name)["spec"]
    selector = ", ".join(f"{key}={value}" for key, value in service.get("selector", {}).items())
    lines = ["flowchart LR", f'service(["{name}<br/>{service["clusterIP"]}<br/>selector {selector}"])']
    slices = kubectl.get_all("endpointslices", "--selector", f"kubernetes.io/service-name={name}")
    endpoints = [one for each in slices for one in each.get("endpoints") or []]
    for number, one in enumerate(endpoints):
        arrow = "-->" if one["conditions"]["ready"] else "-. " + _("not ready") + " .-x"
        lines.append(f'service {arrow} pod{number}["{one["targetRef"]["name"]}<br/>{one["addresses"][0]}"]')
    return Markdown("\n".join(["```mermaid", *lines, "```"]))


picture("nginx-service")

# %% [markdown] id="services-curl-intro"
"""
Every node of the cluster can reach the address, and so can every Pod. We keep it in a variable and ask from a node. (`--retry`,
because nodes hear of a new Service a moment after you do.)
"""

# %% id="services-address"
# %kubectl --into cluster_ip get service nginx-service -o jsonpath={.spec.clusterIP}

# %% id="services-curl"
# %node curl --silent --show-error --fail --retry 5 --retry-connrefused --max-time 20 http://{cluster_ip}:80

# %% [markdown] id="services-count-predict"
"""
A Pod has answered, with its name. **Predict**: we ask thirty times. How many different Pods answer, and how often each?
"""

# %% id="services-count" language="node" magic_args="--into counted sh"
# for i in $(seq 30); do
#   curl --silent --show-error --max-time 10 http://{cluster_ip}:80
# done | sort | uniq -c

# %% id="services-count-bars"
for line in counted.splitlines():
    times, pod = line.split()
    print(f"{pod}  {'█' * int(times)} {times}")

# %% [markdown] id="services-live-why"
"""
And the Service as a picture that goes on changing: what it selects, where it sends requests, and a button that sends ten
and counts who answers. Come back to it when you have changed something below.
"""

# %% id="services-live"
from course import views

views.ServicePicture("nginx-service")

# %% [markdown] id="services-count-explain"
"""
All three, each about a third, in no order that you could rely on. The Service chooses for every new *connection*, without
asking how busy a Pod is. The replicas must be able to stand in for each other: what one of them keeps for itself
(a shopping basket in its memory, say), the next request will not find.

If one client must stay with one Pod, there is `sessionAffinity`. **Predict** the count now:
"""

# %% id="services-affinity"
# %kubectl patch service nginx-service -p '{"spec": {"sessionAffinity": "ClientIP"}}'

# %% id="services-affinity-count" language="node" magic_args="sh"
# for i in $(seq 12); do
#   curl --silent --show-error --max-time 10 http://{cluster_ip}:80
# done | sort | uniq -c

# %% id="services-affinity-off"
# %kubectl patch service nginx-service -p '{"spec": {"sessionAffinity": "None"}}'

# %% [markdown] id="services-affinity-explain"
"""
One client (one source address) stays with one Pod, for three hours if you do not say otherwise, or until that Pod is gone.
It helps programs that are not ready for more than one replica; it does not make them so.
"""

# %% [markdown] id="services-dns-intro"
"""
## By name

Nobody wants to write addresses. The cluster has a name server, and every Service has a name in it: its own. We look from a
Pod, a throw-away one as in the lesson on Pods. In a terminal:

```
kubectl run nginx-test --image=nginx:1.22 -it --rm -- sh
```

and then, at its prompt, `curl nginx-service:80`. In a cell, the lines below are what you would type:
"""

# %% id="services-dns" language="kubectl" magic_args="run nginx-test --image=nginx:1.22 -i --rm --restart=Never -- sh"
# curl --silent --show-error --max-time 10 nginx-service:80
# cat /etc/resolv.conf

# %% [markdown] id="services-dns-explain"
"""
The Pod's `/etc/resolv.conf` names the name server (a Service too: look for its address in `kube-system` on clusters that
show it) and the domains in which it looks for a short name. The first is the Pod's own namespace. So

| you write | it finds the Service |
| --- | --- |
| `nginx-service` | in the client's own namespace |
| `nginx-service.shop` | in the namespace `shop` |
| `nginx-service.shop.svc.cluster.local` | the same, written out: in every client, whatever it searches |

We want to ask several things from inside a Pod, so we leave one running. Busybox has `wget` and `nslookup`.
"""

# %% id="services-client"
# %kubectl run client --image=busybox:1.35 --command -- sleep 3600

# %% id="services-client-wait"
# %kubectl wait --for=condition=Ready pod/client --timeout=60s

# %% id="services-namespace"
# %kubectl --into my_namespace get pod client -o jsonpath={.metadata.namespace}

# %% id="services-nslookup"
# %kubectl exec client -- nslookup nginx-service.{my_namespace}.svc.cluster.local

# %% [markdown] id="services-nslookup-explain"
"""
Compare the address with the Service's: DNS gives the *Service's* address, never that of a Pod. It can be kept and cached
without harm, for it does not change while Pods come and go.

There is an older way, too. A container is started with variables for the Services that were there before it:
"""

# %% id="services-environment"
# %kubectl exec client -- sh -c "env | grep NGINX_SERVICE_SERVICE"

# %% [markdown] id="services-slices-intro"
"""
## EndpointSlices: who serves at this moment

Between the Service and its Pods stands a list that Kubernetes keeps for you: one or more **EndpointSlices**. Whenever a
Pod with the right labels comes, goes, or changes its readiness, the list is written anew, and all nodes follow it.

(Older texts show `kubectl get endpoints`. The Endpoints API has been deprecated since Kubernetes 1.33; EndpointSlices took
its place.)
"""

# %% id="services-slices"
# %kubectl get endpointslices -l kubernetes.io/service-name=nginx-service

# %% [markdown] id="services-scale-predict"
"""
**Predict**: we ask for five replicas. What do you have to change in the Service?
"""

# %% id="services-scale"
# %kubectl scale deployment/nginx-deployment --replicas=5

# %% [markdown] id="services-scale-wait-why"
"""
`checks.Service` watches the Service's EndpointSlices from Python, until they are as they should be or time is up:
"""

# %% id="services-scale-endpoints"
nginx_service = checks.Service("nginx-service", my_namespace)
nginx_service.has_endpoints(5, within=60)

# %% id="services-scale-picture"
picture("nginx-service")

# %% [markdown] id="services-scale-explain"
"""
Nothing. The Service was never told of Pods, it was told of labels. And down again, to three:
"""

# %% id="services-scale-down"
# %kubectl scale deployment/nginx-deployment --replicas=3

# %% id="services-scale-down-wait"
# %kubectl wait --for=jsonpath={.status.replicas}=3 deployment/nginx-deployment --timeout=60s

# %% id="services-scale-down-endpoints"
serving = nginx_service.endpoints_are({"app": "nginx"}, within=60)
serving

# %% [markdown] id="services-ready-intro"
"""
### Running is not ready

An endpoint gets requests only while its Pod is **ready**. We take the page away from one of the three. nginx goes on
running, but answers `403`, and so the readiness probe fails. **Predict**: is the Pod restarted? Does the Service still list it?
Does it still send requests there?
"""

# %% id="services-ready-which"
lame = serving[0]

# %% id="services-ready-break"
# %kubectl exec {lame} -c nginx -- rm /usr/share/nginx/html/index.html

# %% id="services-ready-wait"
# %kubectl wait --for=condition=Ready=false pod/{lame} --timeout=30s

# %% id="services-ready-get"
# %kubectl get pod -l app=nginx

# %% id="services-ready-endpoints"
nginx_service.endpoints_are({"app": "nginx"}, within=30)

# %% id="services-ready-slices"
# %kubectl get endpointslices -l kubernetes.io/service-name=nginx-service -o custom-columns=POD:.endpoints[*].targetRef.name,READY:.endpoints[*].conditions.ready

# %% id="services-ready-picture"
picture("nginx-service")

# %% id="services-ready-count" language="node" magic_args="sh"
# for i in $(seq 20); do
#   curl --silent --show-error --max-time 10 http://{cluster_ip}:80
# done | sort | uniq -c

# %% [markdown] id="services-ready-explain"
"""
The Pod runs, was not restarted, and is still in the slice, but as `false`: it gets no requests. A client may have seen the
error in the second before the probe did; nobody has since. (Pods that say `Terminating` are those that we scaled away. To restart a
container that hangs is the work of another probe, `livenessProbe`.) When the page is back, so is the Pod, without anybody's help:
"""

# %% id="services-ready-repair"
# %kubectl exec {lame} -c nginx -- sh -c "hostname > /usr/share/nginx/html/index.html"

# %% id="services-ready-back"
# %kubectl wait --for=condition=Ready pod/{lame} --timeout=30s

# %% id="services-ready-back-endpoints"
nginx_service.has_endpoints(3, within=30)

# %% [markdown] id="services-broken-intro"
"""
### When a Service finds nobody

The commonest mistake of all: a selector that matches no Pod. We make it on purpose, by one letter.
"""

# %% id="services-broken"
# %kubectl set selector service nginx-service app=ngnix

# %% [markdown] id="services-broken-predict"
"""
The API server took it without a word. Why should it not? A Pod with this label may come tomorrow. **Predict**: what does a client
see now?
"""

# %% id="services-broken-endpoints"
nginx_service.endpoints_are([], within=30)

# %% id="services-broken-slices"
# %kubectl get endpointslices -l kubernetes.io/service-name=nginx-service

# %% id="services-broken-curl" language="node" magic_args="sh"
# # The nodes follow a moment later: we ask until it is so.
# for i in $(seq 200); do
#   curl --silent --show-error --max-time 10 http://{cluster_ip}:80 >/dev/null || break
# done

# %% [markdown] id="services-broken-explain"
"""
The name still resolves, the address is still there, and the connection is refused: nobody stands behind it. If that is what
you see, look at three things, in this order.

1. `kubectl get endpointslices -l kubernetes.io/service-name=NAME`: is anybody there? If not, compare the Service's selector
   (`kubectl get service NAME -o wide`) with the Pods' labels (`kubectl get pod --show-labels`), letter by letter.
2. The Pods are there, but not ready: `kubectl describe pod`, at the end.
3. They are ready, and the connection is refused all the same: does anybody listen on the `targetPort`?
"""

# %% id="services-broken-repair"
# %kubectl set selector service nginx-service app=nginx

# %% id="services-broken-repaired"
nginx_service.has_endpoints(3, within=30)

# %% [markdown] id="services-nodeport-intro"
"""
## From outside: NodePort

A cluster address means nothing outside of the cluster. The type **NodePort** opens a port on every node, too, and passes on
what arrives there. The Service's own port may be another than the Pods': here it is 8080.
"""

# %% id="services-nodeport"
# %kubectl expose deployment/nginx-deployment --name=nginx-service2 --type=NodePort --port=8080 --target-port=80

# %% id="services-nodeport-get"
# %kubectl get service nginx-service2

# %% [markdown] id="services-nodeport-ports"
"""
`8080:3xxxx/TCP`: the Service's port, and the node port. Three ports, then, for one request:

| port | where | here |
| --- | --- | --- |
| `nodePort` | on every node, for clients outside | chosen at random from 30000 to 32767 |
| `port` | at the Service's cluster address and name, for clients inside | 8080 |
| `targetPort` | in the Pods | 80 |

**Predict**: the cluster may have several nodes, and perhaps not each of them runs one of the Pods. Which nodes answer?
"""

# %% id="services-nodeport-number"
# %kubectl --into node_port get service nginx-service2 -o jsonpath={.spec.ports[0].nodePort}

# %% id="services-nodeport-nodes"
# %kubectl --into node_addresses get nodes -o 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}'

# %% id="services-nodeport-curl" language="node" magic_args="sh"
# for address in {node_addresses}; do
#   echo "http://$address:{node_port} is answered by"
#   curl --silent --show-error --fail --retry 5 --retry-connrefused --max-time 20 http://$address:{node_port}
# done

# %% [markdown] id="services-nodeport-explain"
"""
All of them. A node that runs none of the Pods passes the connection on to one that does. A computer outside of the cluster
uses the same: any node's address, and the node port. And since a NodePort Service is a ClusterIP Service *and* more, it has
its cluster address and its name as well:
"""

# %% id="services-nodeport-name"
# %kubectl exec client -- wget -q -O - http://nginx-service2:8080

# %% [markdown] id="services-fixed-intro"
"""
### A node port of your choice

`kubectl expose` has no option for the node port. A manifest has: `nodePort`. (If somebody on your cluster uses 30080 already,
choose another.)
"""

# %% id="services-fixed-port"
my_port = 30080

# %% id="services-fixed" language="apply"
# apiVersion: v1
# kind: Service
# metadata:
#   name: nginx-fixed
# spec:
#   type: NodePort
#   selector:
#     app: nginx
#   ports:
#   - port: 80
#     targetPort: 80
#     nodePort: {my_port}

# %% id="services-fixed-curl" language="node" magic_args="sh"
# for address in {node_addresses}; do
#   curl --silent --show-error --fail --retry 5 --retry-connrefused --max-time 20 http://$address:{my_port}
# done

# %% [markdown] id="services-fixed-predict"
"""
**Predict** what comes of these two: a second Service that wants the same port, and one that wants port 80 of the nodes.
"""

# %% id="services-fixed-taken" language="apply" magic_args="--expect-failure"
# apiVersion: v1
# kind: Service
# metadata:
#   name: nginx-taken
# spec:
#   type: NodePort
#   selector:
#     app: nginx
#   ports:
#   - port: 80
#     nodePort: {my_port}

# %% id="services-fixed-range" language="apply" magic_args="--expect-failure"
# apiVersion: v1
# kind: Service
# metadata:
#   name: nginx-taken
# spec:
#   type: NodePort
#   selector:
#     app: nginx
#   ports:
#   - port: 80
#     nodePort: 80

# %% [markdown] id="services-fixed-explain"
"""
A node port belongs to one Service of the whole cluster, and it comes from the range that the cluster sets aside for this, by
default 30000 to 32767. That is a reason to let Kubernetes choose, and to fix the number only where something outside relies on it.
"""

# %% [markdown] id="services-lb-intro"
"""
## LoadBalancer

Clients outside would rather have one address and port 80 than a list of nodes and port 30080. The type **LoadBalancer** asks
the surroundings of the cluster for that: on a cloud, its load balancer; elsewhere a program that does the same.
"""

# %% id="services-lb"
# %kubectl expose deployment/nginx-deployment --name=nginx-public --type=LoadBalancer --port=80 --target-port=80

# %% id="services-lb-wait"
# %kubectl --may-fail wait --for=jsonpath={.status.loadBalancer.ingress[0].ip} service/nginx-public --timeout=8s

# %% id="services-lb-get"
# %kubectl get service nginx-public

# %% id="services-lb-ask"
# %kubectl --into external_ip get service nginx-public -o jsonpath={.status.loadBalancer.ingress[0].ip}

# %% id="services-lb-curl" language="node" magic_args="sh"
# if [ -n "{external_ip}" ]; then
#   curl --silent --show-error --fail --retry 5 --retry-connrefused --max-time 20 http://{external_ip}:80
# else
#   echo "No address has come: nobody around this cluster hands out load balancers."
# fi

# %% [markdown] id="services-lb-explain"
"""
Under `EXTERNAL-IP` stands the address for the world, or `<pending>`: Kubernetes itself has no load balancers. It writes the wish
down, and somebody who has them (a *cloud controller manager*) fulfils it. Where nobody does, the Service waits, and still works as
what it is besides: look at `PORT(S)`, a NodePort; and under `CLUSTER-IP`, a cluster address.
"""

# %% [markdown] id="services-external-intro"
"""
## ExternalName: a name for something elsewhere

The other way round: programs in the cluster need something that is not in it, a database of another department, say. A Service
of type **ExternalName** gives it a name *inside*. It has no selector, no address, no endpoints: DNS answers "look there".
"""

# %% id="services-external"
# %kubectl create service externalname docs --external-name=kubernetes.io

# %% id="services-external-get"
# %kubectl get service docs

# %% id="services-external-lookup"
# %kubectl exec client -- nslookup -type=cname docs.{my_namespace}.svc.cluster.local

# %% [markdown] id="services-external-explain"
"""
`docs` is an alias (a CNAME) for `kubernetes.io`. When the database moves, one object is changed, and no program.

The target is any name, so it may be another Service's as well, in another namespace for instance. **Predict**: who answers here?
"""

# %% id="services-alias"
# %kubectl create service externalname web-alias --external-name=nginx-service.{my_namespace}.svc.cluster.local

# %% id="services-alias-ask"
# %kubectl exec client -- wget -q -O - http://web-alias

# %% [markdown] id="services-alias-explain"
"""
One of our three. An alias is a matter of names alone: it changes no port, and the server sees the name that the client asked for
(`Host: web-alias`), with which a web site or a certificate on the internet may not be content.

What is outside and has no name, only an address? Then write a Service without a selector, and its EndpointSlice by hand. Your cluster has
such a Service already. Compare its endpoint with the nodes' addresses:
"""

# %% id="services-no-selector"
# %kubectl describe service kubernetes --namespace default

# %% id="services-no-selector-slice"
# %kubectl get endpointslices --namespace default -l kubernetes.io/service-name=kubernetes

# %% [markdown] id="services-no-selector-explain"
"""
No selector, no Pod: the API server itself, which is how programs in Pods reach it, by the name `kubernetes.default`.
"""

# %% [markdown] id="services-headless-intro"
"""
## Headless: every Pod by itself

Sometimes you do not want to be given *some* Pod. A database's replicas must find *each other*. With `clusterIP: None` a Service
gets no address, and nobody balances anything.
"""

# %% id="services-headless" language="apply"
# apiVersion: v1
# kind: Service
# metadata:
#   name: nginx-headless
# spec:
#   clusterIP: None
#   selector:
#     app: nginx
#   ports:
#   - port: 80

# %% id="services-headless-wait"
checks.Service("nginx-headless", my_namespace).has_endpoints(3, within=30)

# %% [markdown] id="services-headless-predict"
"""
**Predict**: what does DNS say to this name? First the Service with an address once more, then the headless one.
"""

# %% id="services-headless-other"
# %kubectl exec client -- nslookup nginx-service.{my_namespace}.svc.cluster.local

# %% id="services-headless-lookup"
# %kubectl exec client -- nslookup nginx-headless.{my_namespace}.svc.cluster.local

# %% id="services-headless-pods"
# %kubectl get pod -l app=nginx -o custom-columns=POD:.metadata.name,ADDRESS:.status.podIP

# %% [markdown] id="services-headless-explain"
"""
The addresses of the Pods, all that are ready, and the client chooses. The selector, the endpoints and the readiness work as before;
only the one address in front is not there. (StatefulSets use this to give each of their Pods a name of its own.)
"""

# %% [markdown] id="services-cleanup-intro"
"""
## Clearing away

**Predict**: we delete the Deployment first. Its Pods go with it. And the Services?
"""

# %% id="services-cleanup-deployment"
# %kubectl delete deployment nginx-deployment --cascade=foreground

# %% id="services-cleanup-get"
# %kubectl get service,endpointslices

# %% [markdown] id="services-cleanup-explain"
"""
They stay, with nobody behind them. A Service does not belong to a Deployment: the two only agree on labels.
"""

# %% id="services-cleanup-services"
# %kubectl delete service nginx-service nginx-service2 nginx-fixed nginx-public nginx-headless docs web-alias

# %% id="services-cleanup-pods"
# %kubectl delete pod client --now

# %% id="services-cleanup-left"
# %kubectl get pod,service,deployment

# %% [markdown] id="services-summary"
"""
## Summary

- A **Service** gives a set of Pods one name and one address, and shares the connections out among those that are ready.
- Its **selector** finds Pods by their **labels**, at every moment anew. **EndpointSlices** hold what it has found.
- A Pod that is not **ready** stays in the list and gets no requests.

| type | reached | by |
| --- | --- | --- |
| `ClusterIP` | inside the cluster | its address, or its name: `NAME`, `NAME.NAMESPACE` |
| `NodePort` | also from outside | every node's address and a port from 30000 to 32767 |
| `LoadBalancer` | also from outside | an address that the surroundings of the cluster provide |
| `ExternalName` | what is elsewhere, from inside | a name that is an alias for another |
| headless (`clusterIP: None`) | inside the cluster | DNS gives all Pods' addresses |

| to do this | type this |
| --- | --- |
| make a Service for a Deployment | `kubectl expose deployment/NAME --name=SERVICE --type=TYPE --port=80 --target-port=8080` |
| see it, with its selector | `kubectl get service NAME -o wide` |
| see who serves | `kubectl get endpointslices -l kubernetes.io/service-name=NAME` |
| find Pods by labels, show labels | `kubectl get pod -l KEY=VALUE`, `kubectl get pod --show-labels` |
| change a selector | `kubectl set selector service NAME KEY=VALUE` |
| ask from inside | `kubectl run test --image=nginx:1.22 -it --rm -- sh`, then `curl NAME:80` |

**Next**: the exercise beside this page, `exercise.ipynb`.

**Read on** in the official documentation:

- [Service](https://kubernetes.io/docs/concepts/services-networking/service/)
- [EndpointSlices](https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/)
- [DNS for Services and Pods](https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/)
- [Labels and selectors](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)
- [Exposing an external IP address](https://kubernetes.io/docs/tutorials/stateless-application/expose-external-ip-address/)
- [Debugging Services](https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/)
"""
