package balance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/kube"
)

// patched is one write of the balancer.
type patched struct{ path, uid, ip string }

// cloud is an API with a list of Services, and a watch that says what the test
// sends.
func cloud(t *testing.T, list string) (events chan string, writes chan patched) {
	t.Helper()
	events, writes = make(chan string), make(chan patched, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPatch:
			var body struct {
				Metadata struct{ UID string }
				Status   struct {
					LoadBalancer struct{ Ingress []struct{ IP string } }
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			p := patched{path: strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/"), uid: body.Metadata.UID}
			if len(body.Status.LoadBalancer.Ingress) > 0 {
				p.ip = body.Status.LoadBalancer.Ingress[0].IP
			}
			writes <- p
		case r.URL.Query().Has("watch"):
			w.(http.Flusher).Flush()
			for {
				select {
				case e := <-events:
					io.WriteString(w, e+"\n")
					w.(http.Flusher).Flush()
				case <-r.Context().Done():
					return
				}
			}
		default:
			io.WriteString(w, `{"metadata":{"resourceVersion":"7"},"items":[`+list+`]}`)
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); server.CloseClientConnections(); server.Close() })
	b := &Balancer{API: &kube.Client{Base: server.URL, HTTP: server.Client()}, Pool: addr.LoadBalancers(), Logf: t.Logf}
	go b.Run(ctx)
	return events, writes
}

func serviceJSON(name, kind, ip string) string {
	ingress := ""
	if ip != "" {
		ingress = fmt.Sprintf(`{"ip":%q}`, ip)
	}
	return fmt.Sprintf(`{"metadata":{"namespace":"n","name":%q,"uid":"uid-%[1]s"},"spec":{"type":%q},"status":{"loadBalancer":{"ingress":[%s]}}}`, name, kind, ingress)
}

func event(kind, object string) string { return fmt.Sprintf(`{"type":%q,"object":%s}`, kind, object) }

func TestLoadBalancersGetAddressesOfTheirOwn(t *testing.T) {
	// The one that has an address comes last in the list.
	events, writes := cloud(t, serviceJSON("new", "LoadBalancer", "")+","+serviceJSON("plain", "ClusterIP", "")+","+serviceJSON("old", "LoadBalancer", "172.18.255.200"))
	if got := <-writes; got != (patched{"n/services/new/status", "uid-new", "172.18.255.201"}) {
		t.Fatalf("%+v", got)
	}
	events <- event("MODIFIED", serviceJSON("new", "LoadBalancer", "172.18.255.201"))
	events <- event("ADDED", serviceJSON("third", "LoadBalancer", ""))
	if got := <-writes; got.ip != "172.18.255.202" {
		t.Fatalf("%+v", got)
	}
	events <- event("DELETED", serviceJSON("old", "LoadBalancer", "172.18.255.200"))
	events <- event("ADDED", serviceJSON("fourth", "LoadBalancer", ""))
	if got := <-writes; got.ip != "172.18.255.200" {
		t.Fatalf("an address that is free again was not used: %+v", got)
	}
	events <- event("MODIFIED", serviceJSON("new", "ClusterIP", "172.18.255.201"))
	if got := <-writes; got != (patched{"n/services/new/status", "uid-new", ""}) {
		t.Fatalf("one that is no load balancer any more keeps its address: %+v", got)
	}
	events <- event("ADDED", serviceJSON("fifth", "LoadBalancer", ""))
	if got := <-writes; got.ip != "172.18.255.201" {
		t.Fatalf("%+v", got)
	}
}
