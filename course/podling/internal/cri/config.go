// Package cri is the node's container runtime: a CRI v1 server (runtime, images
// and streams) on a unix socket, over executors that need no privileges.
//
// What runs is kept in memory only. A node that restarts starts empty: its
// containers have ended with it, and kubelet makes the pods again.
package cri

import (
	"log/slog"
	"net/netip"
	"path/filepath"

	"kubelab.dev/podling/internal/addr"
)

// Config is what a node's runtime needs to know.
type Config struct {
	Node    byte         // the node's index, from 0
	Network addr.Network // the cluster's part of loopback

	Socket string // where to listen; below 108 bytes
	Dir    string // the node's own folder: containers, sandboxes, images
	Images string // the image store; empty: Dir/images

	Registries string // the lab's registries.yaml, or empty
	Root       string // the node's own files (see spec.OwnFolders), or empty

	Launch       string // podling-launch: the launcher and the agent
	LaunchSocket string // the keeper's launch socket; empty: containers run without the seccomp filter (tests)

	Executor string // "auto" (or empty), "userns" or "proot"
	Bwrap    string // path, or empty for the one in PATH
	PRoot    string // path, or empty for the one in PATH

	Version string            // of podling, as kubectl get node -o wide shows it
	Log     *slog.Logger      // nil: slog.Default
	Ready   func(Information) // called once, when the socket answers; may be nil
}

// Information says what Serve has set up.
type Information struct {
	Executor  string // the executor's name
	Socket    string
	Streaming string // host:port of the streaming server
}

func (c *Config) setDefaults() {
	if c.Images == "" {
		c.Images = filepath.Join(c.Dir, "images")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Version == "" {
		c.Version = "0.0.0"
	}
}

// nodeLoopback is the loopback address that carries the node's address.
func (c *Config) nodeLoopback() netip.Addr {
	a, _ := c.Network.Loopback(addr.Node(c.Node))
	return a
}
