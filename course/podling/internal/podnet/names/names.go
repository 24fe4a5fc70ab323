// Package names is the cluster's name server. It answers what CoreDNS answers
// in a cluster made by kubeadm (kubernetes/dns, "Kubernetes DNS-Based Service
// Discovery"), and forwards every other name to the machine's name servers.
package names

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"kubelab.dev/podling/internal/podnet/services"
)

// Directory is the part of the cluster that names are made of.
type Directory interface {
	Synced() <-chan struct{}
	Find(services.Name) *services.Service
	HasNamespace(string) bool
	Ready(services.Name) []services.EndpointPort
	WithClusterIP(netip.Addr) *services.Service
	HeadlessWith(netip.Addr) ([]services.Name, []services.Endpoint)
	NodeAddresses(string) []netip.Addr
	NodeWith(netip.Addr) string
}

const (
	domain = "cluster.local."
	ttl    = 5 // seconds: a lesson changes Services and looks at once

	// syncWait is how long a question waits for the apiserver when this
	// process has just begun; a stub resolver asks again after 5 s.
	syncWait = 4 * time.Second
)

// Server answers questions. Short also answers `svc` and `svc.ns`, for people
// at the cluster's outside.
type Server struct {
	Directory Directory
	Forward   *Forwarder
	Short     bool
	Log       *slog.Logger
}

var _ dns.Handler = (*Server)(nil)

// ServeDNS answers one message.
func (s *Server) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("a fault in the name server", "fault", p)
			dns.HandleFailed(w, q)
		}
	}()
	if len(q.Question) != 1 || q.Opcode != dns.OpcodeQuery {
		m := new(dns.Msg).SetRcode(q, dns.RcodeFormatError)
		w.WriteMsg(m)
		return
	}
	tcp := w.RemoteAddr().Network() == "tcp"
	m := s.answer(q, tcp)
	size := dns.MinMsgSize
	if o := q.IsEdns0(); o != nil {
		size = max(size, int(o.UDPSize()))
		if m.IsEdns0() == nil {
			m.SetEdns0(1232, false)
		}
	}
	if tcp {
		size = dns.MaxMsgSize
	}
	m.Compress = true
	m.Truncate(size)
	if err := w.WriteMsg(m); err != nil {
		s.Log.Debug("cannot answer a question", "error", err)
	}
}

func (s *Server) answer(q *dns.Msg, tcp bool) *dns.Msg {
	question := q.Question[0]
	name := strings.ToLower(question.Name)
	if r := s.own(name, question); r != nil {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		m.Authoritative = true
		m.Rcode, m.Answer, m.Extra = r.code, r.answer, r.extra
		if r.alias != "" {
			s.follow(m, r.alias, question.Qtype, tcp)
		}
		if len(m.Answer) == 0 && (m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError) {
			m.Ns = []dns.RR{soa()} // how long "there is none" holds
		}
		return m
	}
	m := s.Forward.Exchange(q, tcp)
	if m.Rcode == dns.RcodeServerFailure && dns.CountLabel(name) == 1 {
		// A machine without a network: a mistyped Service name is still
		// "no such name", not a failure of the name server.
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// follow adds the target of an ExternalName, as CoreDNS does: clients' stub
// resolvers do not follow a CNAME themselves.
func (s *Server) follow(m *dns.Msg, alias string, qtype uint16, tcp bool) {
	if qtype == dns.TypeCNAME {
		return
	}
	q := new(dns.Msg).SetQuestion(alias, qtype)
	target := q.Question[0]
	if r := s.own(strings.ToLower(alias), target); r != nil {
		m.Answer = append(m.Answer, r.answer...)
		return
	}
	m.Answer = append(m.Answer, s.Forward.Exchange(q, tcp).Answer...)
}

// result is an answer of the cluster's own.
type result struct {
	code   int
	answer []dns.RR
	extra  []dns.RR
	alias  string // to be resolved further
}

var (
	noName = &result{code: dns.RcodeNameError}
	noData = &result{code: dns.RcodeSuccess}
	failed = &result{code: dns.RcodeServerFailure}
)

// own answers what is the cluster's business; nil means it is not.
func (s *Server) own(name string, q dns.Question) *result {
	if q.Qclass != dns.ClassINET {
		return nil
	}
	if a, ok := fromReverse(name); ok {
		return s.pointer(a, q)
	}
	if name == domain || strings.HasSuffix(name, "."+domain) {
		if !s.wait() {
			return failed
		}
		return s.cluster(name, q)
	}
	return s.short(name, q)
}

// wait is for the first seconds of this process, when the cluster's state is
// not known: at the cluster's start, and when another net has died.
func (s *Server) wait() bool {
	select {
	case <-s.Directory.Synced():
		return true
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), syncWait)
	defer cancel()
	select {
	case <-s.Directory.Synced():
		return true
	case <-ctx.Done():
		return false
	}
}

// short answers node names (kind's nodes have names in Docker's network) and,
// for people, Services without their domain.
func (s *Server) short(name string, q dns.Question) *result {
	labels := dns.SplitDomainName(name)
	if len(labels) == 0 || len(labels) > 3 || len(labels) > 1 && !s.Short {
		return nil
	}
	s.wait() // without the cluster's state, these names would be asked of the internet
	if s.Short && len(labels) <= 3 && (len(labels) < 3 || labels[2] == "svc") {
		n := services.Name{Namespace: "default", Name: labels[0]}
		if len(labels) > 1 {
			n.Namespace = labels[1]
		}
		if service := s.Directory.Find(n); service != nil {
			return s.service(q.Name, service, q.Qtype)
		}
	}
	if len(labels) == 1 {
		if all := s.Directory.NodeAddresses(labels[0]); len(all) > 0 {
			return addresses(q.Name, q.Qtype, all)
		}
	}
	return nil
}

func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// addresses answers with A records; whatever else is asked has no data.
func addresses(name string, qtype uint16, all []netip.Addr) *result {
	if qtype != dns.TypeA && qtype != dns.TypeANY {
		return noData
	}
	r := &result{}
	for _, a := range all {
		r.answer = append(r.answer, &dns.A{Hdr: header(name, dns.TypeA), A: a.AsSlice()})
	}
	return r
}

func soa() dns.RR {
	return &dns.SOA{Hdr: header(domain, dns.TypeSOA), Ns: "ns.dns." + domain, Mbox: "hostmaster." + domain,
		Serial: uint32(time.Now().Unix()), Refresh: 7200, Retry: 1800, Expire: 86400, Minttl: ttl}
}
