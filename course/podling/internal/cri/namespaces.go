package cri

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/images"
)

// KubernetesNamespace is containerd's namespace for Kubernetes: the CRI, and so
// the kubelet, sees nothing of any other.
const KubernetesNamespace = "k8s.io"

var namespaceName = regexp.MustCompile(`^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$`)

// sources are what all of the node's stores pull from.
func (c *Config) sources() *images.Sources {
	return &images.Sources{Root: c.Root, Lab: c.Registries, Near: c.near, Self: c.nodeLoopback()}
}

// near knows the cluster's own addresses: this process is outside of the pod
// network, where they do not mean anything.
func (c *Config) near(host string) (string, bool) {
	a, err := netip.ParseAddr(host)
	if host == addr.MirrorName {
		a = addr.Mirror
	} else if err != nil {
		return "", false
	}
	carrier, ok := c.Network.Loopback(a)
	return carrier.String(), ok
}

// store is the images of a namespace; nil where it has none and none are to be
// made. Layers are not shared between namespaces, as they are in containerd.
func (s *server) store(namespace string, create bool) (*images.Store, error) {
	if namespace == KubernetesNamespace {
		return s.images, nil
	}
	if !namespaceName.MatchString(namespace) || len(namespace) > 76 {
		return nil, fmt.Errorf("namespace %q is not a name: invalid argument", namespace)
	}
	s.storesMu.Lock()
	defer s.storesMu.Unlock()
	if known := s.stores[namespace]; known != nil {
		return known, nil
	}
	dir := filepath.Join(s.config.Dir, "namespaces", namespace)
	if _, err := os.Stat(dir); err != nil && !create {
		return nil, nil
	}
	opened, err := images.Open(dir, s.sources)
	if err != nil {
		return nil, err
	}
	opened.TagsOnly = true
	s.stores[namespace] = opened
	return opened, nil
}

// namespaces lists those that hold something, and Kubernetes' own.
func (s *server) namespaces() []string {
	names := []string{KubernetesNamespace}
	entries, _ := os.ReadDir(filepath.Join(s.config.Dir, "namespaces"))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names
}
