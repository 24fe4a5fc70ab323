package names

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"kubelab.dev/podling/internal/podnet/services"
)

// cluster answers names under cluster.local.
func (s *Server) cluster(name string, q dns.Question) *result {
	labels := dns.SplitDomainName(strings.TrimSuffix(name, domain))
	if len(labels) == 0 {
		return apex(q)
	}
	kind, rest := labels[len(labels)-1], labels[:len(labels)-1]
	switch {
	case name == "ns.dns."+domain:
		return addresses(q.Name, q.Qtype, []netip.Addr{netip.AddrFrom4([4]byte{10, 96, 0, 10})})
	case name == "dns-version."+domain && q.Qtype == dns.TypeTXT:
		return &result{answer: []dns.RR{&dns.TXT{Hdr: header(q.Name, dns.TypeTXT), Txt: []string{"1.1.0"}}}}
	case kind == "svc":
		return s.underSvc(rest, q)
	case kind == "pod":
		return underPod(rest, q)
	}
	return noName
}

func apex(q dns.Question) *result {
	switch q.Qtype {
	case dns.TypeSOA:
		return &result{answer: []dns.RR{soa()}}
	case dns.TypeNS:
		return &result{answer: []dns.RR{&dns.NS{Hdr: header(q.Name, dns.TypeNS), Ns: "ns.dns." + domain}}}
	}
	return noData
}

// underPod answers 10-244-0-5.NAMESPACE.pod without asking whether there is
// such a pod, as CoreDNS does with "pods insecure", kubeadm's setting.
func underPod(labels []string, q dns.Question) *result {
	switch len(labels) {
	case 0, 1:
		return noData
	case 2:
		a, err := netip.ParseAddr(strings.ReplaceAll(labels[0], "-", "."))
		if err == nil && a.Is4() {
			return addresses(q.Name, q.Qtype, []netip.Addr{a})
		}
	}
	return noName
}

// underSvc answers …svc.cluster.local; labels are what stands before it.
func (s *Server) underSvc(labels []string, q dns.Question) *result {
	switch len(labels) {
	case 0:
		return noData
	case 1:
		if s.Directory.HasNamespace(labels[0]) {
			return noData
		}
		return noName
	}
	n := len(labels)
	service := s.Directory.Find(services.Name{Namespace: labels[n-1], Name: labels[n-2]})
	if service == nil {
		return noName
	}
	switch before := labels[:n-2]; {
	case len(before) == 0:
		return s.service(q.Name, service, q.Qtype)
	case len(before) == 1:
		return s.endpoint(before[0], service, q)
	case len(before) == 2 && strings.HasPrefix(before[0], "_") && strings.HasPrefix(before[1], "_"):
		return s.ports(before[0][1:], before[1][1:], service, q)
	}
	return noName
}

// service answers a Service's own name.
func (s *Server) service(name string, service *services.Service, qtype uint16) *result {
	switch {
	case service.ExternalName != "":
		target := dns.Fqdn(service.ExternalName)
		return &result{alias: target, answer: []dns.RR{&dns.CNAME{Hdr: header(name, dns.TypeCNAME), Target: target}}}
	case qtype == dns.TypeSRV:
		return s.ports("", "", service, dns.Question{Name: name, Qtype: qtype})
	case !service.Headless:
		return addresses(name, qtype, service.ClusterIPs)
	}
	var all []netip.Addr
	for _, e := range s.Directory.Ready(service.Name) {
		all = append(all, e.Address)
	}
	if len(all) == 0 {
		return noName // as CoreDNS: a headless Service is its endpoints
	}
	all = slices.Compact(all) // they come in order
	return addresses(name, qtype, all)
}

// endpoint answers HOSTNAME.SERVICE: one pod of a headless Service.
func (s *Server) endpoint(host string, service *services.Service, q dns.Question) *result {
	if !service.Headless {
		return noName
	}
	var all []netip.Addr
	for _, e := range s.Directory.Ready(service.Name) {
		if label(e.Endpoint) == host {
			all = append(all, e.Address)
		}
	}
	if len(all) == 0 {
		return noName
	}
	return addresses(q.Name, q.Qtype, slices.Compact(all))
}

// label is an endpoint's name within its Service.
func label(e services.Endpoint) string {
	if e.Hostname != "" {
		return e.Hostname
	}
	return strings.ReplaceAll(e.Address.String(), ".", "-")
}

func full(n services.Name) string { return n.Name + "." + n.Namespace + ".svc." + domain }

// ports answers _PORT._PROTOCOL.SERVICE; empty ones match every port.
func (s *Server) ports(port, protocol string, service *services.Service, q dns.Question) *result {
	matches := func(p services.Port) bool {
		return port == "" && protocol == "" || p.Name == port && p.Protocol.String() == protocol
	}
	r := &result{}
	add := func(target string, a netip.Addr, p uint16) {
		r.answer = append(r.answer, &dns.SRV{Hdr: header(q.Name, dns.TypeSRV), Target: target, Port: p, Weight: 100})
		extra := &dns.A{Hdr: header(target, dns.TypeA), A: a.AsSlice()}
		if !slices.ContainsFunc(r.extra, func(have dns.RR) bool { return dns.IsDuplicate(have, extra) }) {
			r.extra = append(r.extra, extra)
		}
	}
	if service.Headless {
		for _, e := range s.Directory.Ready(service.Name) {
			if matches(e.Port) && e.Port.Port != 0 {
				add(label(e.Endpoint)+"."+full(service.Name), e.Address, e.Port.Port)
			}
		}
	} else if len(service.ClusterIPs) > 0 {
		for _, p := range service.Ports {
			if matches(p) {
				add(full(service.Name), service.ClusterIPs[0], p.Port)
			}
		}
	}
	switch {
	case len(r.answer) == 0 && port != "":
		return noName
	case q.Qtype != dns.TypeSRV && q.Qtype != dns.TypeANY:
		return noData
	}
	return r
}
