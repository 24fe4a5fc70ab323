package keeper

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"time"

	"kubelab.dev/podling/internal/kube"
	"kubelab.dev/podling/internal/spec"
)

// startDeadline is how long a cluster may take to become ready on a slow
// machine; an ordinary one takes 2 to 4 s.
const startDeadline = 120 * time.Second

// apiClient is the keeper's.
type apiClient struct{ *kube.Client }

func newAPIClient(c *spec.Cluster) (*apiClient, error) {
	pair, err := tls.LoadX509KeyPair(c.Path("pki", "admin.crt"), c.Path("pki", "admin.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.Path("pki", "ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &apiClient{&kube.Client{
		Base: c.APIServer(),
		HTTP: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, RootCAs: pool,
		}}},
	}}, nil
}

// waitOK returns when path, /livez/ping or /readyz, says ok. There is no event
// for it: it is asked every 20 ms.
func (a *apiClient) waitOK(ctx context.Context, path string, seen func(string)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := a.Get(ctx, path)
		if err == nil {
			response.Body.Close()
			return nil
		}
		seen(err.Error())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// object is what readiness needs of a Node or a ServiceAccount.
type object struct {
	Metadata struct{ Name string }
	Spec     struct {
		Taints []struct{ Key string }
	}
	Status struct {
		Addresses  []struct{ Type, Address string }
		Conditions []struct{ Type, Status, Reason, Message string }
	}
}

// watch calls each for every object that a watch reports, from the present
// ones on, until each says stop.
func (a *apiClient) watch(ctx context.Context, path string, each func(object) (stop bool)) error {
	for {
		response, err := a.Get(ctx, path+"?watch=1")
		if err != nil {
			return err
		}
		decoder := json.NewDecoder(response.Body)
		for {
			var event struct{ Object object }
			if err := decoder.Decode(&event); err != nil {
				break // the server ends a watch after a while: begin again
			}
			if each(event.Object) {
				response.Body.Close()
				return nil
			}
		}
		response.Body.Close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// waitNodes returns when n Nodes are Ready and have no taint that keeps pods
// away for now.
func (a *apiClient) waitNodes(ctx context.Context, n int, seen func(string)) error {
	ready := map[string]bool{}
	return a.watch(ctx, "/api/v1/nodes", func(node object) bool {
		ok, why := nodeReady(node)
		if ok {
			ready[node.Metadata.Name] = true
		} else {
			delete(ready, node.Metadata.Name)
			seen("node " + node.Metadata.Name + ": " + why)
		}
		return len(ready) >= n
	})
}

func nodeReady(node object) (bool, string) {
	for _, t := range node.Spec.Taints {
		if t.Key == "node.kubernetes.io/not-ready" || t.Key == "node.kubernetes.io/unreachable" {
			return false, "taint " + t.Key
		}
	}
	for _, c := range node.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True", c.Reason + ": " + c.Message
		}
	}
	return false, "no Ready condition yet"
}

func (a *apiClient) waitServiceAccount(ctx context.Context) error {
	return a.watch(ctx, "/api/v1/namespaces/default/serviceaccounts", func(o object) bool {
		return o.Metadata.Name == "default"
	})
}
