// Package services knows a cluster's Services, their endpoints and its nodes,
// in the few words that routing and the name server need.
package services

import (
	"net/netip"
	"time"
)

// Protocol is a transport protocol.
type Protocol uint8

const (
	OtherProtocol Protocol = iota
	TCP
	UDP
	SCTP
)

func (p Protocol) String() string { return [...]string{"other", "tcp", "udp", "sctp"}[p] }

// Name is a namespaced name.
type Name struct{ Namespace, Name string }

// Service is what matters of a v1.Service. It is not changed once stored.
type Service struct {
	Name
	ClusterIPs   []netip.Addr
	Headless     bool
	ExternalName string
	OtherIPs     []netip.Addr  // of a load balancer, and external ones
	Affinity     time.Duration // 0: none
	LocalInside  bool          // internalTrafficPolicy: Local
	LocalOutside bool          // externalTrafficPolicy: Local
	Ports        []Port
}

// Port is one port of a Service.
type Port struct {
	Name     string
	Protocol Protocol
	Port     uint16
	NodePort uint16
}

// Slice is what matters of an EndpointSlice. It is not changed once stored.
type Slice struct {
	Name
	Service   string // in the same namespace
	Ports     []Port // the endpoints' own ports
	Endpoints []Endpoint
}

// Endpoint is one address that serves.
type Endpoint struct {
	Address  netip.Addr
	Hostname string
	Ready    bool
	Draining bool // terminating, and still serving
}

// Query asks where a connection goes.
type Query struct {
	To       netip.AddrPort
	Protocol func() Protocol // asked only when To may be a Service's
	Client   string          // who asks, for session affinity
	Node     int             // the caller's node; -1 when unknown
}

// Outcome is the answer's kind.
type Outcome int

const (
	NotAService Outcome = iota
	Routed
	NoEndpoint
)

// NodeOf is the index of the node that has a shown address; -1 for others.
func NodeOf(a netip.Addr) int {
	b := a.Unmap()
	if !b.Is4() {
		return -1
	}
	switch v := b.As4(); {
	case v[0] == 10 && v[1] == 244 && v[2] < 200:
		return int(v[2])
	case v[0] == 172 && v[1] == 18 && v[2] == 0 && v[3] >= 2:
		return int(v[3]) - 2
	}
	return -1
}
