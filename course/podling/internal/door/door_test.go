package door

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func server(t *testing.T) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		answer := new(dns.Msg).SetReply(r)
		switch q := r.Question[0]; {
		case q.Name != "web.shop.svc.cluster.local.":
			answer.Rcode = dns.RcodeNameError
		case q.Qtype == dns.TypeA:
			for _, last := range []byte{1, 0} {
				answer.Answer = append(answer.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, last, 1)})
			}
		}
		_ = w.WriteMsg(answer)
	})
	s := &dns.Server{PacketConn: packets, Handler: handler}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return packets.LocalAddr().String()
}

func ask(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestARequestGoesThroughByAddressAndByName(t *testing.T) {
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.Host+r.URL.Path)
	}))
	defer pod.Close()
	door := httptest.NewServer(Handler(Names(server(t))))
	defer door.Close()
	through, _ := url.Parse(door.URL)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(through)}}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(pod.URL, "http://"))
	for _, host := range []string{"127.0.0.1:" + port, "web.shop.svc.cluster.local:" + port} {
		r, body := ask(t, client, "http://"+host+"/page")
		if r.StatusCode != http.StatusTeapot || body != host+"/page" {
			t.Errorf("%s: %d %q", host, r.StatusCode, body)
		}
	}
	pod.Close()
	r, _ := ask(t, client, pod.URL)
	if r.StatusCode != http.StatusBadGateway || r.Header.Get(NoAnswer) != "connection refused" {
		t.Errorf("nobody there: %d %q", r.StatusCode, r.Header)
	}
	r, _ = ask(t, client, "http://nobody.shop.svc.cluster.local/")
	if r.StatusCode != http.StatusBadGateway || !strings.Contains(r.Header.Get(NoAnswer), "no such host") {
		t.Errorf("no such name: %d %q", r.StatusCode, r.Header)
	}
}

func TestANamesAddressesAreSorted(t *testing.T) {
	door := httptest.NewServer(Handler(Names(server(t))))
	defer door.Close()
	for name, want := range map[string]string{
		"web.shop.svc.cluster.local":    `["127.0.0.1","127.0.1.1"]`,
		"nobody.shop.svc.cluster.local": `[]`,
	} {
		r, body := ask(t, http.DefaultClient, door.URL+"/names/"+name)
		if r.StatusCode != http.StatusOK || strings.TrimSpace(body) != want {
			t.Errorf("%s: %d %q", name, r.StatusCode, body)
		}
	}
}
