package services

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// Table is the current state of a cluster. The zero value is not ready: New.
type Table struct {
	mu       sync.RWMutex
	services map[Name]*Service
	slices   map[Name]map[string]*Slice // by Service, then by slice
	owners   map[Name]string            // a slice's Service
	nodes    map[string][]netip.Addr

	front map[front]place // ClusterIPs and other addresses
	ports map[nodePort]place
	byIP  map[netip.Addr]Name // ClusterIPs

	stickyMu sync.Mutex // taken inside mu, which a Route holds for reading only
	sticky   map[stickyKey]stickyTo

	synced chan struct{}
}

type front struct {
	at       netip.AddrPort
	protocol Protocol
}
type nodePort struct {
	port     uint16
	protocol Protocol
}
type place struct {
	service *Service
	port    int
	outside bool // reached from outside the cluster, as far as policies go
}
type stickyKey struct {
	service Name
	client  string
}
type stickyTo struct {
	endpoint netip.Addr
	until    time.Time
}

// New is an empty table.
func New() *Table {
	return &Table{
		services: map[Name]*Service{}, slices: map[Name]map[string]*Slice{}, owners: map[Name]string{},
		nodes: map[string][]netip.Addr{}, front: map[front]place{}, ports: map[nodePort]place{},
		byIP: map[netip.Addr]Name{}, sticky: map[stickyKey]stickyTo{}, synced: make(chan struct{}),
	}
}

// SetService adds or replaces a Service.
func (t *Table) SetService(s *Service) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.services[s.Name] = s
	t.index()
}

// DeleteService forgets one.
func (t *Table) DeleteService(n Name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.services, n)
	t.index()
}

// ReplaceServices makes all the table's only Services.
func (t *Table) ReplaceServices(all []*Service) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.services = make(map[Name]*Service, len(all))
	for _, s := range all {
		t.services[s.Name] = s
	}
	t.index()
}

// index is made anew at every change: a cluster has tens of Services, and
// they change seldom.
func (t *Table) index() {
	t.front, t.ports, t.byIP = map[front]place{}, map[nodePort]place{}, map[netip.Addr]Name{}
	for _, s := range t.services {
		for _, ip := range s.ClusterIPs {
			t.byIP[ip] = s.Name
		}
		for i, p := range s.Ports {
			for _, ip := range s.ClusterIPs {
				t.front[front{netip.AddrPortFrom(ip, p.Port), p.Protocol}] = place{s, i, false}
			}
			for _, ip := range s.OtherIPs {
				t.front[front{netip.AddrPortFrom(ip, p.Port), p.Protocol}] = place{s, i, true}
			}
			if p.NodePort != 0 {
				t.ports[nodePort{p.NodePort, p.Protocol}] = place{s, i, true}
			}
		}
	}
	for k := range t.sticky {
		if t.services[k.service] == nil {
			delete(t.sticky, k)
		}
	}
}

// SetSlice adds or replaces an EndpointSlice.
func (t *Table) SetSlice(s *Slice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.putSlice(s)
}

func (t *Table) putSlice(s *Slice) {
	t.removeSlice(s.Name) // its Service may have changed
	if s.Service == "" {
		return
	}
	owner := Name{s.Namespace, s.Service}
	if t.slices[owner] == nil {
		t.slices[owner] = map[string]*Slice{}
	}
	t.slices[owner][s.Name.Name] = s
	t.owners[s.Name] = s.Service
}

// DeleteSlice forgets one.
func (t *Table) DeleteSlice(n Name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removeSlice(n)
}

func (t *Table) removeSlice(n Name) {
	owner := Name{n.Namespace, t.owners[n]}
	delete(t.owners, n)
	delete(t.slices[owner], n.Name)
	if len(t.slices[owner]) == 0 {
		delete(t.slices, owner)
	}
}

// ReplaceSlices makes all the table's only EndpointSlices.
func (t *Table) ReplaceSlices(all []*Slice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slices, t.owners = map[Name]map[string]*Slice{}, map[Name]string{}
	for _, s := range all {
		t.putSlice(s)
	}
}

// SetNode says which addresses a node shows; none forgets it.
func (t *Table) SetNode(name string, addresses []netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(addresses) == 0 {
		delete(t.nodes, name)
		return
	}
	t.nodes[name] = addresses
}

// ReplaceNodes makes all the table's only nodes.
func (t *Table) ReplaceNodes(all map[string][]netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nodes = all
}

// Route picks an endpoint for a connection, at random among the ready ones.
func (t *Table) Route(q Query) (netip.AddrPort, Outcome) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	node := q.Node
	at, known := t.lookup(q)
	if !known {
		return netip.AddrPort{}, NotAService
	}
	local := at.service.LocalInside
	if at.outside {
		local = at.service.LocalOutside
		if n := NodeOf(q.To.Addr()); n >= 0 {
			node = n // the node that was asked
		}
	}
	if !local {
		node = -1
	}
	candidates := t.candidates(at, node)
	if len(candidates) == 0 {
		return netip.AddrPort{}, NoEndpoint
	}
	chosen := candidates[rand.IntN(len(candidates))]
	if at.service.Affinity > 0 {
		chosen = t.stick(at.service, q.Client, candidates, chosen)
	}
	return chosen, Routed
}

// lookup needs t.mu.
func (t *Table) lookup(q Query) (place, bool) {
	ip, port := q.To.Addr().Unmap(), q.To.Port()
	if NodeOf(ip) >= 0 {
		if _, tcp := t.ports[nodePort{port, TCP}]; !tcp {
			if _, udp := t.ports[nodePort{port, UDP}]; !udp {
				return place{}, false
			}
		}
		at, ok := t.ports[nodePort{port, q.Protocol()}]
		return at, ok && t.isNode(ip)
	}
	to := netip.AddrPortFrom(ip, port)
	_, tcp := t.front[front{to, TCP}]
	_, udp := t.front[front{to, UDP}]
	if !tcp && !udp {
		return place{}, false // most addresses: the socket's kind is not even asked for
	}
	at, ok := t.front[front{to, q.Protocol()}]
	return at, ok
}

// isNode needs t.mu. Before the nodes are known every address may be one.
func (t *Table) isNode(ip netip.Addr) bool {
	if len(t.nodes) == 0 {
		return true
	}
	for _, all := range t.nodes {
		for _, a := range all {
			if a == ip {
				return true
			}
		}
	}
	return false
}

// candidates needs t.mu. As kube-proxy does, it takes endpoints that end but
// still serve when there is nothing better.
func (t *Table) candidates(at place, node int) []netip.AddrPort {
	port := at.service.Ports[at.port]
	var ready, draining []netip.AddrPort
	for _, slice := range t.slices[at.service.Name] {
		target, ok := slice.target(port)
		if !ok {
			continue
		}
		for _, e := range slice.Endpoints {
			if node >= 0 && NodeOf(e.Address) != node {
				continue
			}
			switch to := netip.AddrPortFrom(e.Address, target); {
			case e.Ready:
				ready = append(ready, to)
			case e.Draining:
				draining = append(draining, to)
			}
		}
	}
	if len(ready) == 0 {
		return draining
	}
	return ready
}

func (s *Slice) target(p Port) (uint16, bool) {
	for _, own := range s.Ports {
		if own.Name == p.Name && own.Protocol == p.Protocol {
			return own.Port, true
		}
	}
	return 0, false
}
