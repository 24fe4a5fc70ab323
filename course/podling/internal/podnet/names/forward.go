package names

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// forwardTime is less than the 5 s that clients wait.
	forwardTime = 2 * time.Second

	// silence is how long name servers that did not answer are not asked:
	// without a network, every mistyped name would cost seconds.
	silence = 3 * time.Second
)

// Forwarder asks the machine's own name servers.
type Forwarder struct {
	Servers func() []netip.Addr
	Port    string // "" is 53

	mu     sync.Mutex
	silent time.Time // until then there is no use in asking
}

// Exchange always returns an answer to q, if only that it failed.
func (f *Forwarder) Exchange(q *dns.Msg, tcp bool) *dns.Msg {
	f.mu.Lock()
	skip := time.Now().Before(f.silent)
	f.mu.Unlock()
	if !skip {
		if m := f.ask(q, tcp); m != nil {
			m.Id = q.Id
			return m
		}
		f.mu.Lock()
		f.silent = time.Now().Add(silence)
		f.mu.Unlock()
	}
	m := new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	m.RecursionAvailable = true
	return m
}

func (f *Forwarder) ask(q *dns.Msg, tcp bool) *dns.Msg {
	servers := f.Servers()
	port := f.Port
	if port == "" {
		port = "53"
	}
	deadline := time.Now().Add(forwardTime)
	for i, server := range servers {
		// What is left is shared among those that are left.
		wait := time.Until(deadline) / time.Duration(len(servers)-i)
		if wait <= 0 {
			break
		}
		c := &dns.Client{Net: "udp", Timeout: wait, UDPSize: dns.MaxMsgSize}
		if tcp {
			c.Net = "tcp"
		}
		m, _, err := c.Exchange(q, net.JoinHostPort(server.String(), port))
		if err != nil || m == nil {
			continue
		}
		return m
	}
	return nil
}
