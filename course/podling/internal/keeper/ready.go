package keeper

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"kubelab.dev/podling/internal/spec"
)

// startDeadline is how long a cluster may take to become ready on a slow
// machine; an ordinary one takes 2 to 4 s.
const startDeadline = 120 * time.Second

// apiClient is a small client of the cluster's API: the Kubernetes libraries
// would cost the keeper more memory than all the rest of it.
type apiClient struct {
	base string
	http *http.Client
}

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
	return &apiClient{
		base: c.APIServer(),
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, RootCAs: pool,
		}}},
	}, nil
}

func (a *apiClient) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := a.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		// To its end, or the connection is not used again, and each question
		// costs the starting apiserver a TLS handshake.
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s %s", path, response.Status, strings.TrimSpace(string(body)))
	}
	return response, nil
}

// send writes an object.
func (a *apiClient) send(ctx context.Context, method, path, kind string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, response.Status, strings.TrimSpace(string(said)))
	}
	return nil
}

// waitOK returns when path, /livez/ping or /readyz, says ok. There is no event
// for it: it is asked every 20 ms.
func (a *apiClient) waitOK(ctx context.Context, path string, seen func(string)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := a.get(ctx, path)
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
		response, err := a.get(ctx, path+"?watch=1")
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
