// Package door lets a notebook on another machine ask what only a node can
// reach: a Pod's or a Service's address, and the cluster's names. The notebook
// of a podling cluster runs inside the cluster's network and needs none.
package door

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"time"
)

const (
	// NoAnswer is the header of an answer 502 that says why nobody answered. An
	// answer without it is the asked one's own, a 502 too.
	NoAnswer = "Kubelab-No-Answer"

	connectWithin = 10 * time.Second
	nameWithin    = 5 * time.Second
)

// Handler is an HTTP proxy; and GET /names/NAME answers with the addresses of
// a name, sorted, as JSON.
func Handler(names *net.Resolver) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /names/{name}", func(w http.ResponseWriter, r *http.Request) { look(w, r, names) })
	dialer := &net.Dialer{Timeout: connectWithin, Resolver: names}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport: &http.Transport{
			DialContext: dialer.DialContext,
			// Each request is one connection: a Service chooses a Pod for each.
			DisableKeepAlives:  true,
			DisableCompression: true,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set(NoAnswer, reason(err))
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.IsAbs() {
			proxy.ServeHTTP(w, r)
		} else {
			mux.ServeHTTP(w, r)
		}
	})
}

// reason is the innermost error: the outer ones name the node's address, which
// is not the notebook's.
func reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

func look(w http.ResponseWriter, r *http.Request, names *net.Resolver) {
	ctx, cancel := context.WithTimeout(r.Context(), nameWithin)
	defer cancel()
	found, err := names.LookupHost(ctx, r.PathValue("name"))
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	slices.Sort(found)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(append([]string{}, found...))
}

// Names asks one name server, and no file of the node's.
func Names(server string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
}
