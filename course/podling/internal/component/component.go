// Package component holds the parts of a cluster as data: what runs, with
// which arguments, and what it waits for.
package component

import (
	"fmt"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/pristine"
	"kubelab.dev/podling/internal/spec"
)

// Stage is what must have happened before a component starts.
type Stage int

const (
	AtOnce   Stage = iota
	AfterNet       // the pod network answers: launched programs need it
	AfterAPI       // the apiserver answers; for a second and a half after that it
	// makes roles and is not ready, which leaves time for all others
)

// APIGate is the name of the gate that opens when the apiserver is ready. The
// controller manager and the scheduler wait for it: asked earlier, the API
// refuses, and they would ask again only a second later.
const APIGate = "API"

// Component is one process of the cluster.
type Component struct {
	Name     string
	Args     []string // of podling
	After    Stage
	Launched bool // runs inside the cluster's network
	FakeIDs  bool // chown and the like succeed and do nothing (launched ones only)
	Socket   bool // gets its end of the listener channel as fd 3, and the name servers' sockets after it
}

// All is the cluster's components in the order in which they start.
func All(c *spec.Cluster) []Component {
	all := []Component{
		{Name: "net", Args: []string{"net", c.State}, Socket: true},
		{Name: "etcd", Args: append([]string{"etcd"}, etcd(c)...)},
		{Name: "apiserver", Args: append([]string{"apiserver"}, apiserver(c)...), After: AfterNet, Launched: true},
		{Name: "controller-manager", Args: append([]string{"controller-manager"}, controllerManager(c)...), After: AfterAPI, Launched: true},
		{Name: "scheduler", Args: append([]string{"scheduler"}, scheduler(c)...), After: AfterAPI},
	}
	if c.Images != "" {
		all = append(all, Component{Name: "registry", Args: []string{"registry", c.State}, After: AfterAPI})
	}
	for i := range c.Nodes {
		index := fmt.Sprint(i)
		// The kubelet gives a volume's files to the pod's user, which only root
		// may, and root must not: in its container every file is that user's,
		// who on the machine is the one who runs the cluster.
		all = append(all,
			Component{Name: "runtime-" + index, Args: []string{"runtime", c.State, index}, After: AfterAPI},
			Component{Name: "kubelet-" + index, Args: []string{"kubelet", c.State, index}, After: AfterAPI, Launched: true, FakeIDs: true},
		)
	}
	return all
}

func etcd(c *spec.Cluster) []string {
	client := "unix://" + c.Path("run", "etcd.sock")
	peer := "unix://" + c.Path("run", "etcd-peer.sock")
	return []string{
		"--name=default",
		"--data-dir=" + c.Path("data", "etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--unsafe-no-fsync", // the state of a lab need not outlive the machine's power
		"--log-level=warn",
		"--snapshot-count=5000",
		fmt.Sprintf("--max-txn-ops=%d", pristine.MaxTxnOps),
	}
}

func apiserver(c *spec.Cluster) []string {
	pki := func(file string) string { return c.Path("pki", file) }
	return []string{
		"--bind-address=" + c.NodeLoopback(0),
		"--secure-port=6443",
		"--advertise-address=" + c.NodeAddress(0),
		"--etcd-servers=unix://" + c.Path("run", "etcd.sock"),
		"--service-cluster-ip-range=" + addr.ServiceRange.String(),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--client-ca-file=" + pki("ca.crt"),
		"--tls-cert-file=" + pki("apiserver.crt"),
		"--tls-private-key-file=" + pki("apiserver.key"),
		"--kubelet-certificate-authority=" + pki("ca.crt"),
		"--kubelet-client-certificate=" + pki("apiserver-kubelet-client.crt"),
		"--kubelet-client-key=" + pki("apiserver-kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP,Hostname",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + pki("sa.pub"),
		"--service-account-signing-key-file=" + pki("sa.key"),
		"--requestheader-client-ca-file=" + pki("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pki("front-proxy-client.crt"),
		"--proxy-client-key-file=" + pki("front-proxy-client.key"),
		"--profiling=false",
		"--shutdown-delay-duration=0s",
		// Fair queueing is for many users; here it costs memory and time to start.
		"--enable-priority-and-fairness=false",
	}
}

func controllerManager(c *spec.Cluster) []string {
	config := c.Path("pki", "controller-manager.kubeconfig")
	return append([]string{
		"--kubeconfig=" + config,
		"--bind-address=" + c.NodeLoopback(0),
		"--secure-port=10257",
		"--tls-cert-file=" + c.Path("pki", "control-plane.crt"),
		"--tls-private-key-file=" + c.Path("pki", "control-plane.key"),
		"--authentication-skip-lookup=true",
		"--root-ca-file=" + c.Path("pki", "ca.crt"),
		"--service-account-private-key-file=" + c.Path("pki", "sa.key"),
		"--cluster-signing-cert-file=" + c.Path("pki", "ca.crt"),
		"--cluster-signing-key-file=" + c.Path("pki", "ca.key"),
		"--use-service-account-credentials=true",
		"--allocate-node-cidrs=false", // a node's range follows from its index
		"--node-monitor-period=500ms", // else the first pod waits for the not-ready taint
		"--profiling=false",
	}, fastClient...)
}

func scheduler(c *spec.Cluster) []string {
	config := c.Path("pki", "scheduler.kubeconfig")
	return append([]string{
		"--kubeconfig=" + config,
		"--bind-address=" + c.NodeLoopback(0),
		"--secure-port=10259",
		"--tls-cert-file=" + c.Path("pki", "control-plane.crt"),
		"--tls-private-key-file=" + c.Path("pki", "control-plane.key"),
		"--authentication-skip-lookup=true",
		"--profiling=false",
	}, fastClient...)
}

// With one of each there is nobody to elect, and at the default 20 requests a
// second the controller manager throttles itself for seconds at its start.
var fastClient = []string{
	"--leader-elect=false",
	"--kube-api-qps=1000",
	"--kube-api-burst=2000",
}
