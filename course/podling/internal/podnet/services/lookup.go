package services

import (
	"net/netip"
	"sort"
)

// Find is one Service, or nil.
func (t *Table) Find(n Name) *Service {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.services[n]
}

// HasNamespace says whether a namespace has a Service.
func (t *Table) HasNamespace(namespace string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for n := range t.services {
		if n.Namespace == namespace {
			return true
		}
	}
	return false
}

// EndpointPort is one port at which one endpoint serves; Port is 0 where the
// Service has none.
type EndpointPort struct {
	Endpoint
	Port Port
}

// Ready are a Service's ready endpoints, once for each of their ports, in
// order of address.
func (t *Table) Ready(n Name) []EndpointPort {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []EndpointPort
	for _, slice := range t.slices[n] {
		ports := slice.Ports
		if len(ports) == 0 {
			ports = []Port{{}}
		}
		for _, e := range slice.Endpoints {
			if !e.Ready {
				continue
			}
			for _, p := range ports {
				all = append(all, EndpointPort{e, p})
			}
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Address != all[j].Address {
			return all[i].Address.Less(all[j].Address)
		}
		return all[i].Port.Port < all[j].Port.Port
	})
	return all
}

// WithClusterIP is the Service that has a cluster address, or nil.
func (t *Table) WithClusterIP(a netip.Addr) *Service {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.services[t.byIP[a]]
}

// HeadlessWith lists the Services with names of their own
// for the endpoint at a.
func (t *Table) HeadlessWith(a netip.Addr) (names []Name, endpoints []Endpoint) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for n, slices := range t.slices {
		if s := t.services[n]; s == nil || !s.Headless {
			continue
		}
		for _, slice := range slices {
			for _, e := range slice.Endpoints {
				if e.Address == a && e.Ready {
					names, endpoints = append(names, n), append(endpoints, e)
				}
			}
		}
	}
	return names, endpoints
}

// NodeAddresses are a node's, by its name.
func (t *Table) NodeAddresses(name string) []netip.Addr {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.nodes[name]
}

// NodeWith is the name of the node with address a, or "".
func (t *Table) NodeWith(a netip.Addr) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for name, all := range t.nodes {
		for _, b := range all {
			if a == b {
				return name
			}
		}
	}
	return ""
}
