// Package addr maps the addresses that a cluster shows to the loopback
// addresses that carry them.
//
// A cluster with number K owns 127.K.0.0/16 of loopback. What its pods and
// people see looks like kind's network; what sockets use is loopback:
//
//	pod      10.244.N.I   127.K.N.I    N is the node's index, below 200
//	node     172.18.0.I   127.K.254.I  the first node is 172.18.0.2
//	mirror   172.18.0.250 127.K.254.250, mirror.lab
//	balancer 172.18.255.x none: as a Service
//	Service  10.96.x.y    none: rewritten to a ready endpoint at connect time
//	DNS      10.96.0.10   127.K.255.10 for pods; 127.K.255.11 for the lab's shells
package addr

import (
	"fmt"
	"net/netip"
)

// Ports below 1024 belong to root on most machines, so a pod's port P is
// carried by LowPortBase+P when P is below Network.FirstFreePort.
const LowPortBase = 64000

// Network is one cluster's part of loopback.
type Network struct {
	K             byte   // 1 to 254
	FirstFreePort uint16 // net.ipv4.ip_unprivileged_port_start
}

// Pod is the address that pod i of node n shows.
func Pod(n, i byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 244, n, i}) }

// Node is the address that node n (from 0) shows.
func Node(n byte) netip.Addr { return netip.AddrFrom4([4]byte{172, 18, 0, 2 + n}) }

// The fixed addresses of a cluster's Services.
var (
	ServiceRange = netip.MustParsePrefix("10.96.0.0/16")
	APIService   = netip.MustParseAddr("10.96.0.1")
	// LoadBalancerRange is the part of the nodes' network that Services of type
	// LoadBalancer get their addresses from.
	LoadBalancerRange = netip.MustParsePrefix("172.18.255.0/24")

	// Mirror is the registry of the lessons on mirrors.
	Mirror = netip.MustParseAddr("172.18.0.250")

	DNSService = netip.MustParseAddr("10.96.0.10")
)

// MirrorName is Mirror's, on the nodes.
const MirrorName = "mirror.lab"

// LoadBalancers are the addresses for load balancers, in the order of their use.
func LoadBalancers() []netip.Addr {
	var all []netip.Addr
	for i := byte(200); i < 255; i++ {
		all = append(all, netip.AddrFrom4([4]byte{172, 18, 255, i}))
	}
	return all
}

// Loopback returns the loopback address that carries a pod's or a node's
// address; false for any other address (a Service's too).
func (w Network) Loopback(a netip.Addr) (netip.Addr, bool) {
	b := a.Unmap()
	if !b.Is4() {
		return netip.Addr{}, false
	}
	v := b.As4()
	switch {
	case v[0] == 10 && v[1] == 244 && v[2] < 200:
		return netip.AddrFrom4([4]byte{127, w.K, v[2], v[3]}), true
	case v[0] == 172 && v[1] == 18 && v[2] == 0:
		return netip.AddrFrom4([4]byte{127, w.K, 254, v[3]}), true
	}
	return netip.Addr{}, false
}

// Shown is the inverse of Loopback.
func (w Network) Shown(a netip.Addr) (netip.Addr, bool) {
	b := a.Unmap()
	if !b.Is4() {
		return netip.Addr{}, false
	}
	v := b.As4()
	switch {
	case v[0] != 127 || v[1] != w.K:
		return netip.Addr{}, false
	case v[2] < 200:
		return netip.AddrFrom4([4]byte{10, 244, v[2], v[3]}), true
	case v[2] == 254:
		return netip.AddrFrom4([4]byte{172, 18, 0, v[3]}), true
	}
	return netip.Addr{}, false
}

// PodDNS and LabDNS are where the cluster's name server listens for pods and
// for the lab's own shells (which may also ask for a Service by its bare name).
func (w Network) PodDNS() netip.Addr { return netip.AddrFrom4([4]byte{127, w.K, 255, 10}) }
func (w Network) LabDNS() netip.Addr { return netip.AddrFrom4([4]byte{127, w.K, 255, 11}) }

// Port is the port that carries port p of a pod.
func (w Network) Port(p uint16) uint16 {
	if p != 0 && p < w.FirstFreePort && p < 1024 {
		return LowPortBase + p
	}
	return p
}

func (w Network) String() string { return fmt.Sprintf("127.%d.0.0/16", w.K) }
