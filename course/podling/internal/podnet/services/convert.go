package services

import (
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/tools/cache"
)

// store passes a reflector's objects on to the table in our own words.
type store struct {
	set     func(any)
	remove  func(any)
	replace func([]any)
	filled  chan struct{} // closed at the first complete list
	once    sync.Once
}

var _ cache.ReflectorStore = (*store)(nil)

func (s *store) Add(o any) error    { s.set(o); return nil }
func (s *store) Update(o any) error { s.set(o); return nil }
func (s *store) Delete(o any) error { s.remove(o); return nil }
func (s *store) Resync() error      { return nil }
func (s *store) Replace(all []any, _ string) error {
	s.replace(all)
	s.once.Do(func() { close(s.filled) })
	return nil
}

// typed makes a store of functions on one type.
func typed[T any](set, remove func(T), replace func([]T)) *store {
	with := func(f func(T)) func(any) {
		return func(o any) {
			if v, ok := o.(T); ok {
				f(v)
			}
		}
	}
	return &store{set: with(set), remove: with(remove), filled: make(chan struct{}), replace: func(all []any) {
		list := make([]T, 0, len(all))
		for _, o := range all {
			with(func(v T) { list = append(list, v) })(o)
		}
		replace(list)
	}}
}

func (t *Table) serviceStore() *store {
	return typed(
		func(s *corev1.Service) { t.SetService(FromService(s)) },
		func(s *corev1.Service) { t.DeleteService(Name{s.Namespace, s.Name}) },
		func(all []*corev1.Service) {
			var list []*Service
			for _, s := range all {
				list = append(list, FromService(s))
			}
			t.ReplaceServices(list)
		})
}

func (t *Table) sliceStore() *store {
	return typed(
		func(s *discoveryv1.EndpointSlice) { t.SetSlice(FromSlice(s)) },
		func(s *discoveryv1.EndpointSlice) { t.DeleteSlice(Name{s.Namespace, s.Name}) },
		func(all []*discoveryv1.EndpointSlice) {
			var list []*Slice
			for _, s := range all {
				list = append(list, FromSlice(s))
			}
			t.ReplaceSlices(list)
		})
}

func (t *Table) nodeStore() *store {
	return typed(
		func(n *corev1.Node) { t.SetNode(n.Name, nodeAddresses(n)) },
		func(n *corev1.Node) { t.SetNode(n.Name, nil) },
		func(all []*corev1.Node) {
			nodes := map[string][]netip.Addr{}
			for _, n := range all {
				if a := nodeAddresses(n); len(a) > 0 {
					nodes[n.Name] = a
				}
			}
			t.ReplaceNodes(nodes)
		})
}

func nodeAddresses(n *corev1.Node) []netip.Addr {
	var all []string
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP || a.Type == corev1.NodeExternalIP {
			all = append(all, a.Address)
		}
	}
	return addresses(all)
}

// FromService takes what matters of a Service.
func FromService(s *corev1.Service) *Service {
	out := &Service{
		Name:         Name{s.Namespace, s.Name},
		Headless:     s.Spec.ClusterIP == corev1.ClusterIPNone,
		ClusterIPs:   addresses(s.Spec.ClusterIPs),
		OtherIPs:     addresses(s.Spec.ExternalIPs),
		LocalInside:  s.Spec.InternalTrafficPolicy != nil && *s.Spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyLocal,
		LocalOutside: s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		out.ExternalName = s.Spec.ExternalName
	}
	for _, i := range s.Status.LoadBalancer.Ingress {
		out.OtherIPs = append(out.OtherIPs, addresses([]string{i.IP})...)
	}
	if s.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		out.Affinity = 3 * time.Hour // the API's default
		if c := s.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			out.Affinity = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
	}
	for _, p := range s.Spec.Ports {
		out.Ports = append(out.Ports, Port{p.Name, fromProtocol(&p.Protocol), uint16(p.Port), uint16(p.NodePort)})
	}
	return out
}

// FromSlice takes what matters of an EndpointSlice.
func FromSlice(s *discoveryv1.EndpointSlice) *Slice {
	out := &Slice{Name: Name{s.Namespace, s.Name}, Service: s.Labels[discoveryv1.LabelServiceName]}
	for _, p := range s.Ports {
		if p.Port == nil {
			continue
		}
		port := Port{Protocol: fromProtocol(p.Protocol), Port: uint16(*p.Port)}
		if p.Name != nil {
			port.Name = *p.Name
		}
		out.Ports = append(out.Ports, port)
	}
	for _, e := range s.Endpoints {
		c := e.Conditions
		n := Endpoint{Ready: c.Ready == nil || *c.Ready}
		n.Draining = c.Serving != nil && *c.Serving && c.Terminating != nil && *c.Terminating
		if e.Hostname != nil {
			n.Hostname = *e.Hostname
		}
		for _, a := range addresses(e.Addresses) {
			n.Address = a
			out.Endpoints = append(out.Endpoints, n)
		}
	}
	return out
}

func fromProtocol(p *corev1.Protocol) Protocol {
	if p == nil {
		return TCP
	}
	switch *p {
	case corev1.ProtocolUDP:
		return UDP
	case corev1.ProtocolSCTP:
		return SCTP
	}
	return TCP
}
