package podnet

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet/services"
)

// Table says where a Service's traffic goes; *services.Table is the real one.
type Table interface {
	Route(services.Query) (netip.AddrPort, services.Outcome)
}

type callKind int

const (
	callBind callKind = iota
	callConnect
	callSend // sendto with an address
)

// request is a system call as the rules see it. What costs a look into the
// caller is asked only when a rule needs it.
type request struct {
	kind     callKind
	from     launch.Header
	to       netip.AddrPort // as the caller gave it
	v6       bool           // the address is of AF_INET6
	protocol func() services.Protocol
	v6only   func() bool
}

// decision is what happens to a call: errno, or a new address, or nothing.
type decision struct {
	errno   unix.Errno
	to      netip.AddrPort
	service bool // to is one of several that would have served
}

var pass = decision{}

func rewrite(a netip.Addr, port uint16) decision {
	return decision{to: netip.AddrPortFrom(a, port)}
}

// rules are one cluster's.
type rules struct {
	network     addr.Network
	table       Table
	nameServers func() []netip.Addr               // the machine's own
	udpServed   func(a netip.Addr, p uint16) bool // somebody is bound there

	// Calls to Services wait for the table until then; a nil channel: not at all.
	synced    <-chan struct{}
	waitUntil time.Time
}

// syncWait is how long a net that has just started makes calls to Services
// wait for what it is yet to learn: the net before it may have died, and its
// callers should not notice.
const syncWait = 10 * time.Second

// await returns when the table is filled, or will not be in time.
func (r *rules) await() {
	left := time.Until(r.waitUntil)
	if r.synced == nil || left <= 0 {
		return
	}
	select {
	case <-r.synced:
	case <-time.After(left):
	}
}

const dnsPort = 53

func (r *rules) decide(q request) decision {
	if q.kind == callBind {
		return r.bind(q)
	}
	return r.connect(q)
}

// own says whether a means "this pod": any or loopback, but not an address
// that carries one of the cluster's, which is what earlier calls left behind.
func (r *rules) own(q request, a netip.Addr) bool {
	if q.from.Context != launch.Pod {
		return false
	}
	if a.Is4() && a.As4()[0] == 127 && a.As4()[1] == r.network.K {
		return false
	}
	return a.IsUnspecified() || a.IsLoopback()
}

func (r *rules) bind(q request) decision {
	if q.from.Context != launch.Pod {
		return pass
	}
	a, port := q.to.Addr().Unmap(), q.to.Port()
	if shown, ok := r.network.Shown(q.from.Address); ok && a == shown {
		return rewrite(q.from.Address, r.network.Port(port))
	}
	if !r.own(q, a) {
		return pass
	}
	if a.IsUnspecified() && port == 0 {
		return pass // a client that wants any port may yet talk to the outside
	}
	if q.v6 && q.to.Addr().Is6() && !q.to.Addr().Is4In6() && q.v6only() {
		// There is no IPv6 in the pod network. The same program most likely
		// listens on IPv4 as well, and must not fail for this half of it.
		return rewrite(netip.IPv6Loopback(), 0)
	}
	return rewrite(q.from.Address, r.network.Port(port))
}

func (r *rules) connect(q request) decision {
	a, port := q.to.Addr().Unmap(), q.to.Port()
	if port == dnsPort {
		if d, ok := r.nameServer(q, a); ok {
			return d
		}
	}
	if r.own(q, a) {
		if q.v6 && q.v6only() {
			return decision{errno: unix.ECONNREFUSED}
		}
		if q.protocol() == services.UDP && r.peer(q, port) {
			return pass
		}
		return rewrite(q.from.Address, r.network.Port(port))
	}
	if !a.Is4() {
		return pass
	}
	if q.kind == callConnect && port == 0 && q.protocol() == services.UDP {
		return pass // glibc sorts the answers of a name server so
	}
	carrier, carried := r.network.Loopback(a)
	if carried && a.As4()[0] == 10 {
		return r.toPod(q, carrier, port)
	}
	if d, ok := r.toService(q, a, port); ok {
		return d
	}
	if carried {
		return rewrite(carrier, port)
	}
	return pass
}

// peer says whether a datagram to the pod's loopback is an answer to a client.
// The kernel gives clients, of whatever pod, the source 127.0.0.1; nothing in
// a pod is bound there on purpose, for bind is rewritten.
func (r *rules) peer(q request, port uint16) bool {
	return !r.udpServed(q.from.Address, r.network.Port(port)) && r.udpServed(loopback, port)
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (r *rules) toPod(q request, carrier netip.Addr, port uint16) decision {
	port = r.network.Port(port)
	if q.kind == callConnect && q.protocol() == services.UDP && !r.udpServed(carrier, port) {
		return pass // again glibc's sorting: the program goes on to print the address
	}
	return rewrite(carrier, port)
}

// nameServer treats port 53 of the cluster's and the machine's name servers.
func (r *rules) nameServer(q request, a netip.Addr) (decision, bool) {
	own := r.network.PodDNS()
	if q.from.Context == launch.Lab {
		own = r.network.LabDNS()
	}
	if a == addr.DNSService {
		return rewrite(own, r.network.Port(dnsPort)), true
	}
	// A pod's loopback is not the machine's: one that was given the machine's
	// resolv.conf (dnsPolicy Default) would ask itself.
	mine := q.from.Context == launch.Lab || q.from.Context == launch.Pod && a.IsLoopback()
	if !mine {
		return pass, false
	}
	for _, s := range r.nameServers() {
		if a == s.WithZone("") {
			return rewrite(own, r.network.Port(dnsPort)), true
		}
	}
	return pass, false
}

func (r *rules) toService(q request, a netip.Addr, port uint16) (decision, bool) {
	query := services.Query{To: netip.AddrPortFrom(a, port), Protocol: q.protocol, Client: string(q.from.Context), Node: -1}
	if q.from.Address.IsValid() {
		query.Client = q.from.Address.String()
	}
	if shown, ok := r.network.Shown(q.from.Address); ok {
		query.Node = services.NodeOf(shown)
	}
	api := a == addr.APIService && port == 443
	own := addr.ServiceRange.Contains(a) || addr.LoadBalancerRange.Contains(a)
	if !api && (own || services.NodeOf(a) >= 0 && isNodePort(port)) {
		r.await()
	}
	to, outcome := r.table.Route(query)
	if outcome == services.NotAService && own {
		outcome = services.NoEndpoint
		if api { // before the table has it
			to, outcome = netip.AddrPortFrom(addr.Node(0), 6443), services.Routed
		}
	}
	switch outcome {
	case services.Routed:
		return r.carry(to), true
	case services.NoEndpoint:
		switch p := q.protocol(); {
		case p == services.UDP && q.kind == callConnect:
			return pass, true // glibc's sorting of a TCP Service's address
		case p == services.OtherProtocol:
			return pass, true
		}
		return decision{errno: unix.ECONNREFUSED}, true
	}
	return pass, false
}

// isNodePort knows the apiserver's default range.
func isNodePort(port uint16) bool { return port >= 30000 && port <= 32767 }

// carry is the way to an endpoint: a pod, a node, or any address outside.
func (r *rules) carry(to netip.AddrPort) decision {
	a, port := to.Addr().Unmap(), to.Port()
	carrier, ok := r.network.Loopback(a)
	if ok {
		if a.As4()[0] == 10 {
			port = r.network.Port(port)
		}
		a = carrier
	}
	return decision{to: netip.AddrPortFrom(a, port), service: true}
}
