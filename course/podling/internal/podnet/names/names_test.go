package names

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kubelab.dev/podling/internal/podnet/services"
)

func table() *services.Table {
	t := services.New()
	name := func(n string) services.Name { return services.Name{Namespace: "shop", Name: n} }
	ip := netip.MustParseAddr
	t.ReplaceServices([]*services.Service{
		{Name: name("web"), ClusterIPs: []netip.Addr{ip("10.96.3.4")},
			Ports: []services.Port{{Name: "http", Protocol: services.TCP, Port: 80}}},
		{Name: name("db"), Headless: true, Ports: []services.Port{{Name: "sql", Protocol: services.TCP, Port: 5432}}},
		{Name: name("idle"), Headless: true},
		{Name: name("out"), ExternalName: "elsewhere.example.test"},
		{Name: name("in"), ExternalName: "web.shop.svc.cluster.local"},
		{Name: services.Name{Namespace: "default", Name: "front"}, ClusterIPs: []netip.Addr{ip("10.96.3.5")}},
	})
	t.ReplaceSlices([]*services.Slice{{Name: name("db-1"), Service: "db",
		Ports: []services.Port{{Name: "sql", Protocol: services.TCP, Port: 5432}, {Name: "m", Protocol: services.TCP, Port: 9}},
		Endpoints: []services.Endpoint{
			{Address: ip("10.244.0.7"), Hostname: "db-0", Ready: true},
			{Address: ip("10.244.1.8"), Ready: true},
			{Address: ip("10.244.1.9"), Hostname: "db-2"},
		}}})
	t.ReplaceNodes(map[string][]netip.Addr{"kubelab-worker": {ip("172.18.0.3")}})
	return t
}

// patience is for answers that must come, however slow the machine.
const patience = 30 * time.Second

// serve starts a server and returns its address.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s.Log = slog.New(slog.DiscardHandler)
	for {
		stream, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := stream.Addr().String()
		packets, err := net.ListenPacket("udp4", at)
		if err != nil { // the kernel chose the port for TCP only
			stream.Close()
			continue
		}
		s.Serve(ctx, &Sockets{packets, stream})
		return at
	}
}

// upstream is a name server of the machine.
func upstream(t *testing.T) *Forwarder {
	t.Helper()
	f, p := socket(t)
	d := &dns.Server{PacketConn: p, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if strings.HasSuffix(q.Question[0].Name, "example.test.") {
			rr, _ := dns.NewRR(q.Question[0].Name + " 60 IN A 192.0.2.77")
			m.Answer = append(m.Answer, rr)
		} else {
			m.Rcode = dns.RcodeNameError
		}
		w.WriteMsg(m)
	})}
	go d.ActivateAndServe()
	return f
}

// silent is an upstream that does not answer; asked is how many questions it
// has got since it was called last.
func silent(t *testing.T) (f *Forwarder, asked func() int) {
	t.Helper()
	f, p := socket(t)
	return f, func() (n int) {
		// What was sent before this is read before this.
		end, err := net.Dial("udp4", p.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer end.Close()
		end.Write([]byte("end"))
		p.SetReadDeadline(time.Now().Add(patience))
		for b := make([]byte, 1000); ; n++ {
			if k, _, err := p.ReadFrom(b); err != nil {
				t.Fatal(err)
			} else if string(b[:k]) == "end" {
				return n
			}
		}
	}
}

func socket(t *testing.T) (*Forwarder, net.PacketConn) {
	t.Helper()
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	_, port, _ := net.SplitHostPort(p.LocalAddr().String())
	return &Forwarder{Servers: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} }, Port: port}, p
}

// short writes an answer in a few words.
func short(m *dns.Msg) string {
	var all []string
	for _, rr := range m.Answer {
		f := strings.Fields(rr.String())
		all = append(all, strings.Join(f[3:], " "))
	}
	if len(all) == 0 {
		end := ""
		if len(m.Ns) == 1 && m.Ns[0].Header().Rrtype == dns.TypeSOA {
			end = " SOA"
		}
		return dns.RcodeToString[m.Rcode] + end
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestNamesAreAnsweredAsCoreDNSDoes(t *testing.T) {
	tab := table()
	tab.MarkSynced()
	pod := serve(t, &Server{Directory: tab, Forward: upstream(t)})
	lab := serve(t, &Server{Directory: tab, Forward: upstream(t), Short: true})
	for _, c := range []struct {
		at, name string
		kind     uint16
		want     string
	}{
		{pod, "web.shop.svc.cluster.local.", dns.TypeA, "A 10.96.3.4"},
		{pod, "WEB.shop.SVC.cluster.local.", dns.TypeA, "A 10.96.3.4"},
		{pod, "web.shop.svc.cluster.local.", dns.TypeAAAA, "NOERROR SOA"},
		{pod, "web.shop.svc.cluster.local.", dns.TypeSRV, "SRV 0 100 80 web.shop.svc.cluster.local."},
		{pod, "_http._tcp.web.shop.svc.cluster.local.", dns.TypeSRV, "SRV 0 100 80 web.shop.svc.cluster.local."},
		{pod, "_http._udp.web.shop.svc.cluster.local.", dns.TypeSRV, "NXDOMAIN SOA"},
		{pod, "no.shop.svc.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "no.shop.svc.cluster.local.", dns.TypeAAAA, "NXDOMAIN SOA"},
		{pod, "shop.svc.cluster.local.", dns.TypeA, "NOERROR SOA"},
		{pod, "nowhere.svc.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "www.example.test.shop.svc.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "cluster.local.", dns.TypeA, "NOERROR SOA"},
		{pod, "db.shop.svc.cluster.local.", dns.TypeA, "A 10.244.0.7, A 10.244.1.8"},
		{pod, "db-0.db.shop.svc.cluster.local.", dns.TypeA, "A 10.244.0.7"},
		{pod, "10-244-1-8.db.shop.svc.cluster.local.", dns.TypeA, "A 10.244.1.8"},
		{pod, "db-2.db.shop.svc.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "_sql._tcp.db.shop.svc.cluster.local.", dns.TypeSRV, "SRV 0 100 5432 10-244-1-8.db.shop.svc.cluster.local., SRV 0 100 5432 db-0.db.shop.svc.cluster.local."},
		{pod, "idle.shop.svc.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "out.shop.svc.cluster.local.", dns.TypeA, "A 192.0.2.77, CNAME elsewhere.example.test."},
		{pod, "in.shop.svc.cluster.local.", dns.TypeA, "A 10.96.3.4, CNAME web.shop.svc.cluster.local."},
		{pod, "10-244-0-5.shop.pod.cluster.local.", dns.TypeA, "A 10.244.0.5"},
		{pod, "x.shop.pod.cluster.local.", dns.TypeA, "NXDOMAIN SOA"},
		{pod, "4.3.96.10.in-addr.arpa.", dns.TypePTR, "PTR web.shop.svc.cluster.local."},
		{pod, "7.0.244.10.in-addr.arpa.", dns.TypePTR, "PTR db-0.db.shop.svc.cluster.local."},
		{pod, "3.0.18.172.in-addr.arpa.", dns.TypePTR, "PTR kubelab-worker."},
		{pod, "1.0.244.10.in-addr.arpa.", dns.TypePTR, "NXDOMAIN SOA"},
		{pod, "kubelab-worker.", dns.TypeA, "A 172.18.0.3"},
		{pod, "www.example.test.", dns.TypeA, "A 192.0.2.77"},
		{pod, "front.", dns.TypeA, "NXDOMAIN"},
		{pod, "web.shop.", dns.TypeA, "NXDOMAIN"},
		{lab, "front.", dns.TypeA, "A 10.96.3.5"},
		{lab, "front.", dns.TypeAAAA, "NOERROR SOA"},
		{lab, "web.shop.", dns.TypeA, "A 10.96.3.4"},
		{lab, "web.shop.svc.", dns.TypeA, "A 10.96.3.4"},
		{lab, "web.shop.svc.cluster.local.", dns.TypeA, "A 10.96.3.4"},
		{lab, "www.example.test.", dns.TypeA, "A 192.0.2.77"},
	} {
		for _, transport := range []string{"udp", "tcp"} {
			if transport == "tcp" && strings.Contains(c.want, "192.0.2.77") || transport == "tcp" && c.want == "NXDOMAIN" {
				continue // the test's upstream has UDP only
			}
			m, _, err := (&dns.Client{Net: transport, Timeout: patience}).Exchange(new(dns.Msg).SetQuestion(c.name, c.kind), c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := short(m); got != c.want {
				t.Errorf("%s %s %s:\n got %s\nwant %s", transport, c.name, dns.TypeToString[c.kind], got, c.want)
			}
		}
	}
}

func TestWithoutANetworkNamesFailSoon(t *testing.T) {
	tab := table()
	tab.MarkSynced()
	f, asked := silent(t)
	at := serve(t, &Server{Directory: tab, Forward: f})
	c := &dns.Client{Timeout: patience}
	var began time.Time
	fails := func(questions int) {
		t.Helper()
		began = time.Now()
		m, _, err := c.Exchange(new(dns.Msg).SetQuestion("www.example.test.", dns.TypeA), at)
		if err != nil || m.Rcode != dns.RcodeServerFailure || time.Since(began) > 5*time.Second { // what clients wait
			t.Errorf("%v %v after %v", m, err, time.Since(began))
		}
		if n := asked(); n != questions {
			t.Errorf("the silent name server was asked %d times, not %d", n, questions)
		}
	}
	fails(1)
	f.mu.Lock()
	if f.silent.Before(began.Add(forwardTime + time.Second)) {
		t.Errorf("asked at %v, the forwarder is to ask again at %v", began, f.silent)
	}
	f.silent = time.Now().Add(time.Hour) // a slow machine would reach that time here
	f.mu.Unlock()
	fails(0)
	m, _, err := c.Exchange(new(dns.Msg).SetQuestion("mistyped.", dns.TypeA), at)
	if err != nil || m.Rcode != dns.RcodeNameError {
		t.Errorf("a name without a dot: %v %v", m, err)
	}
}

func TestAQuestionWaitsForTheClustersState(t *testing.T) {
	tab := table()
	at := serve(t, &Server{Directory: tab, Forward: upstream(t)})
	time.AfterFunc(200*time.Millisecond, tab.MarkSynced)
	m, _, err := (&dns.Client{Timeout: patience}).Exchange(new(dns.Msg).SetQuestion("web.shop.svc.cluster.local.", dns.TypeA), at)
	if err != nil || short(m) != "A 10.96.3.4" {
		t.Errorf("%v %v", m, err)
	}
}

func TestALongAnswerIsTruncatedForUDPAndWholeForTCP(t *testing.T) {
	tab := table()
	tab.MarkSynced()
	s := &services.Slice{Name: services.Name{Namespace: "shop", Name: "idle-1"}, Service: "idle"}
	for i := range 200 {
		s.Endpoints = append(s.Endpoints, services.Endpoint{Address: netip.AddrFrom4([4]byte{10, 244, 2, byte(i)}), Ready: true})
	}
	tab.SetSlice(s)
	at := serve(t, &Server{Directory: tab, Forward: upstream(t)})
	q := new(dns.Msg).SetQuestion("idle.shop.svc.cluster.local.", dns.TypeA)
	m, _, err := (&dns.Client{Timeout: patience}).Exchange(q, at)
	if err != nil || !m.Truncated {
		t.Errorf("UDP: %v, truncated %v", err, m != nil && m.Truncated)
	}
	m, _, err = (&dns.Client{Net: "tcp", Timeout: patience}).Exchange(q, at)
	if err != nil || len(m.Answer) != 200 {
		t.Errorf("TCP: %v %v", err, m)
	}
}
