package services

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func endpoint(address string, ready, draining bool) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{
		Ready: &ready, Serving: ptr.To(ready || draining), Terminating: &draining}}
}

func made(change func(*corev1.Service), endpoints ...discoveryv1.Endpoint) *Table {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "web"}, Spec: corev1.ServiceSpec{
		ClusterIP: "10.96.0.9", ClusterIPs: []string{"10.96.0.9"},
		Ports: []corev1.ServicePort{{Name: "h", Port: 80, Protocol: corev1.ProtocolTCP, NodePort: 30001}},
	}}
	change(s)
	t := New()
	t.SetService(FromService(s))
	t.SetSlice(FromSlice(&discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "web-x", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		Ports:      []discoveryv1.EndpointPort{{Name: ptr.To("h"), Port: ptr.To(int32(8080)), Protocol: ptr.To(corev1.ProtocolTCP)}},
		Endpoints:  endpoints,
	}))
	return t
}

// reached asks often enough to see every endpoint.
func reached(t *Table, to string, client string, node int) []string {
	seen := map[string]bool{}
	for range 200 {
		a, o := t.Route(Query{To: netip.MustParseAddrPort(to), Protocol: func() Protocol { return TCP }, Client: client, Node: node})
		switch o {
		case Routed:
			seen[a.String()] = true
		case NoEndpoint:
			seen["none"] = true
		case NotAService:
			seen["unknown"] = true
		}
	}
	var all []string
	for a := range seen {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

func TestRoutingFollowsTheServicesFields(t *testing.T) {
	plain := func(*corev1.Service) {}
	two := []discoveryv1.Endpoint{endpoint("10.244.0.5", true, false), endpoint("10.244.1.5", true, false)}
	for name, c := range map[string]struct {
		change    func(*corev1.Service)
		endpoints []discoveryv1.Endpoint
		to        string
		node      int
		want      []string
	}{
		"all ready ones":  {plain, two, "10.96.0.9:80", -1, []string{"10.244.0.5:8080", "10.244.1.5:8080"}},
		"a NodePort":      {plain, two, "172.18.0.2:30001", -1, []string{"10.244.0.5:8080", "10.244.1.5:8080"}},
		"another port":    {plain, two, "10.96.0.9:81", -1, []string{"unknown"}},
		"not the unready": {plain, []discoveryv1.Endpoint{endpoint("10.244.0.5", false, false), two[1]}, "10.96.0.9:80", -1, []string{"10.244.1.5:8080"}},
		"nobody":          {plain, []discoveryv1.Endpoint{endpoint("10.244.0.5", false, false)}, "10.96.0.9:80", -1, []string{"none"}},
		"rather a leaver": {plain, []discoveryv1.Endpoint{endpoint("10.244.0.5", false, true)}, "10.96.0.9:80", -1, []string{"10.244.0.5:8080"}},
		"not a leaver":    {plain, []discoveryv1.Endpoint{endpoint("10.244.0.5", false, true), two[1]}, "10.96.0.9:80", -1, []string{"10.244.1.5:8080"}},
		"a load balancer": {func(s *corev1.Service) {
			s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "172.18.255.1"}}
		}, two[:1], "172.18.255.1:80", -1, []string{"10.244.0.5:8080"}},
		"an external one": {func(s *corev1.Service) { s.Spec.ExternalIPs = []string{"203.0.113.5"} }, two[:1], "203.0.113.5:80", -1, []string{"10.244.0.5:8080"}},
		"internal Local": {func(s *corev1.Service) {
			s.Spec.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyLocal)
		}, two, "10.96.0.9:80", 1, []string{"10.244.1.5:8080"}},
		"internal, not here": {func(s *corev1.Service) {
			s.Spec.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyLocal)
		}, two, "10.96.0.9:80", 2, []string{"none"}},
		"external Local": {func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }, two, "172.18.0.3:30001", 0, []string{"10.244.1.5:8080"}},
	} {
		if got := reached(made(c.change, c.endpoints...), c.to, "x", c.node); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestSessionAffinityKeepsAClientUntilItsEndpointLeavesOrItsTimeIsOver(t *testing.T) {
	table := made(func(s *corev1.Service) {
		s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP
		s.Spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: ptr.To(int32(3600))}}
	}, endpoint("10.244.0.5", true, false), endpoint("10.244.0.6", true, false))
	first := reached(table, "10.96.0.9:80", "a", -1)
	if len(first) != 1 {
		t.Fatalf("%v", first)
	}
	others, began := map[string]bool{}, time.Now()
	for _, c := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"} {
		others[reached(table, "10.96.0.9:80", c, -1)[0]] = true
	}
	if len(others) != 2 {
		t.Errorf("all clients are at one endpoint: %v", others)
	}
	b := stickyKey{Name{"a", "web"}, "b"}
	if end := table.sticky[b].until; end.Before(began.Add(time.Hour)) || end.After(time.Now().Add(time.Hour)) {
		t.Errorf("affinity ends at %v, not an hour after its last use, which was after %v", end, began)
	}
	again := map[string]bool{}
	for range 100 {
		table.sticky[b] = stickyTo{table.sticky[b].endpoint, time.Now()}
		again[reached(table, "10.96.0.9:80", "b", -1)[0]] = true
	}
	if len(again) != 2 {
		t.Errorf("affinity does not end: %v", again)
	}
	left := netip.MustParseAddrPort(first[0]).Addr()
	for i, s := range table.slices[Name{"a", "web"}]["web-x"].Endpoints {
		if s.Address == left {
			table.slices[Name{"a", "web"}]["web-x"].Endpoints[i].Ready = false
		}
	}
	if now := reached(table, "10.96.0.9:80", "a", -1); len(now) != 1 || now[0] == first[0] {
		t.Errorf("%v after %v left", now, first)
	}
}

func TestASliceMayChangeItsServiceAndGo(t *testing.T) {
	table := made(func(*corev1.Service) {}, endpoint("10.244.0.5", true, false))
	s := *table.slices[Name{"a", "web"}]["web-x"]
	s.Service = "other"
	table.SetSlice(&s)
	if got := reached(table, "10.96.0.9:80", "x", -1); got[0] != "none" {
		t.Errorf("%v", got)
	}
	table.DeleteSlice(s.Name)
	if len(table.slices)+len(table.owners) != 0 {
		t.Error("something is left of a deleted slice")
	}
	table.DeleteService(Name{"a", "web"})
	if got := reached(table, "10.96.0.9:80", "x", -1); got[0] != "unknown" {
		t.Errorf("%v", got)
	}
}
