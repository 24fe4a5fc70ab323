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

// parents are what controllers make other objects for: pods for a ReplicaSet,
// Endpoints for a Service, a ServiceAccount in each Namespace. They go before
// their children, or these would be made again.
var parents = []string{
	"/registry/apiextensions.k8s.io/", "/registry/apiregistration.k8s.io/",
	"/registry/namespaces/", nodePrefix,
	"/registry/cronjobs/", "/registry/deployments/", "/registry/daemonsets/", "/registry/jobs/",
	"/registry/statefulsets/", "/registry/replicasets/", "/registry/controllers/",
	"/registry/services/specs/",
}

// split divides keys into parents and the rest.
func split(keys []string) (above, below []string) {
	for _, key := range slices.Sorted(slices.Values(keys)) {
		if slices.ContainsFunc(parents, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			above = append(above, key)
		} else {
			below = append(below, key)
		}
	}
	return above, below
}
