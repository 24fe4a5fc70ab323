package names

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"kubelab.dev/podling/internal/addr"
)

// fromReverse reads 5.0.244.10.in-addr.arpa. when it is one of the cluster's
// addresses.
func fromReverse(name string) (netip.Addr, bool) {
	rest, ok := strings.CutSuffix(name, ".in-addr.arpa.")
	if !ok {
		return netip.Addr{}, false
	}
	labels := strings.Split(rest, ".")
	slices.Reverse(labels)
	a, err := netip.ParseAddr(strings.Join(labels, "."))
	if err != nil {
		return netip.Addr{}, false
	}
	_, carried := addr.Network{}.Loopback(a)
	return a, carried || addr.ServiceRange.Contains(a)
}

// pointer names an address: a Service's, a headless Service's pod, a node's.
func (s *Server) pointer(a netip.Addr, q dns.Question) *result {
	if !s.wait() {
		return failed
	}
	var all []string
	if service := s.Directory.WithClusterIP(a); service != nil {
		all = append(all, full(service.Name))
	}
	headless, endpoints := s.Directory.HeadlessWith(a)
	for i, n := range headless {
		all = append(all, label(endpoints[i])+"."+full(n))
	}
	if node := s.Directory.NodeWith(a); node != "" {
		all = append(all, dns.Fqdn(node))
	}
	if len(all) == 0 {
		return noName
	}
	if q.Qtype != dns.TypePTR && q.Qtype != dns.TypeANY {
		return noData
	}
	slices.Sort(all)
	r := &result{}
	for _, name := range slices.Compact(all) {
		r.answer = append(r.answer, &dns.PTR{Hdr: header(q.Name, dns.TypePTR), Ptr: name})
	}
	return r
}
