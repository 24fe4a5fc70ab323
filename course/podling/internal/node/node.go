// Package node is a machine of the cluster: upstream's kubelet as a library,
// and the CRI runtime that it drives.
package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/klog/v2"

	"kubelab.dev/podling/internal/cri"
	"kubelab.dev/podling/internal/spec"
)

// runtimeDeadline is how long the CRI runtime may take to listen; it tries its
// executors for real first.
const runtimeDeadline = 20 * time.Second

// Node is one machine's names and places.
type Node struct {
	cluster *spec.Cluster
	index   int
}

// New is node index of a cluster, with its folders made.
func New(c *spec.Cluster, index int) (*Node, error) {
	n := &Node{c, index}
	for _, dir := range []string{n.runDir(), n.dir("kubelet"), n.dir("logs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *Node) name() string { return n.cluster.NodeName(n.index) }
func (n *Node) dir(elem ...string) string {
	return n.cluster.Path(append([]string{"data", fmt.Sprintf("node-%d", n.index)}, elem...)...)
}
func (n *Node) runDir() string { return n.cluster.Path("run", fmt.Sprintf("node-%d", n.index)) }
func (n *Node) socket() string { return filepath.Join(n.runDir(), "cri.sock") }

// Runtime is the node's CRI runtime. It must not be launched into the
// cluster's network: its containers are, and the kernel allows a process one
// seccomp listener only.
func (n *Node) Runtime(ctx context.Context) error {
	c := n.cluster
	registries := c.Registries
	if registries == "" {
		registries = c.Path("run", "registries.yaml")
	}
	err := cri.Serve(ctx, cri.Config{
		Node:         byte(n.index),
		Network:      c.Network,
		Socket:       n.socket(),
		Dir:          n.dir("runtime"),
		Launch:       c.Binary("podling-launch"),
		LaunchSocket: c.LaunchSocket(),
		Executor:     c.Executor,
		Bwrap:        c.Bwrap,
		PRoot:        c.Proot,
		Registries:   registries,
		Root:         c.OwnRoot(n.index),
		Version:      spec.KubernetesVersion,
	})
	if err != nil {
		return fmt.Errorf("CRI runtime: %w", err)
	}
	return nil
}

// Kubelet is the node's kubelet. It must be launched into the cluster's
// network: probes and hooks go to pod addresses.
func (n *Node) Kubelet(ctx context.Context) error {
	if err := n.register(ctx); err != nil {
		return err
	}
	if err := waitSocket(ctx, n.socket()); err != nil {
		return err
	}
	if err := n.kubelet(ctx); err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	return nil
}

// waitSocket returns when somebody listens on a unix socket: the kubelet gives
// up on a runtime that is not there.
func waitSocket(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, runtimeDeadline)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no CRI runtime on %s within %s: %w", path, runtimeDeadline, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func init() { klog.EnableContextualLogging(true) }
