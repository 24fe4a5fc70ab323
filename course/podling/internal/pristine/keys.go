// Package pristine remembers what a cluster's etcd held at one moment, says
// what is different now, and writes the difference back: a reset that starts
// nothing anew, because every component follows etcd by its watches.
package pristine

import (
	"slices"
	"strings"
)

const (
	podPrefix   = "/registry/pods/"
	eventPrefix = "/registry/events/"
	nodePrefix  = "/registry/minions/"
	leasePrefix = "/registry/leases/"
)

// kind is what a reset does with a key.
type kind int

const (
	object  kind = iota // compared by value
	ignored             // changes by itself, and belongs to the cluster
	event               // deleted, whatever the baseline had
	node                // compared but for its status
	lease               // of somebody's own: deleted where it is new, else left
)

// beating are renewed as long as the cluster lives. compact_rev_key is the
// apiserver's mark of what it has compacted.
var beating = []string{
	"compact_rev_key", "/registry/masterleases/", "/registry/peerserverleases/",
	leasePrefix + "kube-system/", leasePrefix + "kube-node-lease/",
}

func kindOf(key string) kind {
	under := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	switch {
	case slices.ContainsFunc(beating, under):
		return ignored
	case under(eventPrefix):
		return event
	case under(nodePrefix):
		return node
	case under(leasePrefix):
		return lease
	}
	return object
}

// controllers make pods: gone before the pods, they make no others. What a
// CRD's objects are made from, and its place in the API, goes first likewise.
var controllers = []string{
	"/registry/apiextensions.k8s.io/", "/registry/apiregistration.k8s.io/",
	"/registry/cronjobs/", "/registry/deployments/", "/registry/daemonsets/", "/registry/jobs/",
	"/registry/statefulsets/", "/registry/replicasets/", "/registry/controllers/",
}

// rank orders the keys within one revision: watchers see it in this order.
func rank(key string) int {
	for i, prefix := range controllers {
		if strings.HasPrefix(key, prefix) {
			return i
		}
	}
	if strings.HasPrefix(key, podPrefix) {
		return len(controllers) + 1
	}
	return len(controllers)
}

func inOrder(keys []string) []string {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, func(a, b string) int {
		if by := rank(a) - rank(b); by != 0 {
			return by
		}
		return strings.Compare(a, b)
	})
	return sorted
}
