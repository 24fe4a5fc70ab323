// Package spec is what a cluster is asked to be, and where its parts lie.
package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kubelab.dev/podling/internal/addr"
)

// KubernetesVersion is the version of every Kubernetes part, as in go.mod.
const KubernetesVersion = "v1.37.2"

// Cluster is cluster.json, which the lab writes before it starts the keeper.
type Cluster struct {
	Name       string `json:"name"`
	Nodes      int    `json:"nodes"`
	Bin        string `json:"bin"`        // folder of podling and podling-launch
	Executor   string `json:"executor"`   // auto, userns or proot
	Bwrap      string `json:"bwrap"`      // empty: none
	Proot      string `json:"proot"`      // empty: none
	Images     string `json:"images"`     // OCI layout that the mirror serves; empty: no mirror
	Registries string `json:"registries"` // registries.yaml; empty: the one the keeper writes

	State   string       `json:"-"`
	Network addr.Network `json:"-"`
}

// Load reads STATE/cluster.json, and the network that the keeper chose if it
// has chosen one.
func Load(state string) (*Cluster, error) {
	c := &Cluster{State: state}
	if err := readJSON(c.Path("cluster.json"), c); err != nil {
		return nil, err
	}
	if c.Nodes < 1 || c.Nodes > 100 {
		return nil, fmt.Errorf("%s: nodes is %d, want 1 to 100", c.Path("cluster.json"), c.Nodes)
	}
	err := readJSON(c.networkFile(), &c.Network)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return c, nil
}

// SaveNetwork records the network for the components that Load it.
func (c *Cluster) SaveNetwork(n addr.Network) error {
	c.Network = n
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return os.WriteFile(c.networkFile(), b, 0o600)
}

func (c *Cluster) networkFile() string { return c.Path("run", "network.json") }

// Path is a path inside the cluster's state folder.
func (c *Cluster) Path(elem ...string) string {
	return filepath.Join(append([]string{c.State}, elem...)...)
}

// Binary is a program of the cluster's own: podling or podling-launch.
func (c *Cluster) Binary(name string) string { return filepath.Join(c.Bin, name) }

// LaunchSocket is where podling-launch hands its seccomp listener over.
func (c *Cluster) LaunchSocket() string { return c.Path("run", "launch.sock") }

// Kubeconfig is the administrator's.
func (c *Cluster) Kubeconfig() string { return c.Path("kubeconfig") }

// StudentKubeconfig is that of a user with no rights but those that RBAC gives
// to it or to its group.
func (c *Cluster) StudentKubeconfig() string { return c.Path("student.kubeconfig") }

// NodeName is kind's naming: NAME-control-plane, NAME-worker, NAME-worker2…
func (c *Cluster) NodeName(i int) string {
	switch i {
	case 0:
		return c.Name + "-control-plane"
	case 1:
		return c.Name + "-worker"
	}
	return c.Name + "-worker" + strconv.Itoa(i)
}

// NodeAddress and NodeLoopback are what node i shows and what carries it.
func (c *Cluster) NodeAddress(i int) string { return addr.Node(byte(i)).String() }
func (c *Cluster) NodeLoopback(i int) string {
	a, _ := c.Network.Loopback(addr.Node(byte(i)))
	return a.String()
}

// APIServer is the address of the apiserver on loopback, for any process of
// the machine, inside the cluster's network or not.
func (c *Cluster) APIServer() string { return "https://" + c.NodeLoopback(0) + ":6443" }

// MirrorAddress is where the cluster's registry mirror listens.
func (c *Cluster) MirrorAddress() string { return fmt.Sprintf("127.%d.255.20:5000", c.Network.K) }

// FirstFreePort is the lowest port that an ordinary process may bind.
func FirstFreePort() uint16 {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16)
	if err != nil {
		return 1024
	}
	return uint16(n)
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// OwnFolders are those that each node has for itself: course/cluster/machines.py
// puts them over the machine's for commands on a node, and has the same list.
var OwnFolders = []string{"etc/containerd", "etc/rancher", "var/lib/rancher", "var/log", "media/usb"}

// OwnRoot is where node i's own files lie, below the names that they have on it.
func (c *Cluster) OwnRoot(i int) string { return c.Path("data", fmt.Sprintf("node-%d", i), "root") }

// OnNode is where a path of a node lies on this machine; root is its OwnRoot.
func OnNode(root, path string) string {
	path = filepath.Clean("/" + path)
	for _, own := range OwnFolders {
		if path == "/"+own || strings.HasPrefix(path, "/"+own+"/") {
			return filepath.Join(root, path)
		}
	}
	return path
}
