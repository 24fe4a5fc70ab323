package images

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"sync"

	"github.com/distribution/reference"

	"kubelab.dev/podling/internal/spec"
)

// Sources say where a node asks for images. For one registry, the first of
// these that says anything about it counts, whole:
//
//  1. /etc/containerd/certs.d/HOST/hosts.toml on the node, read at every pull;
//  2. the same that K3s makes of /etc/rancher/k3s/registries.yaml, when K3s starts;
//  3. the lab's own registries.yaml, by which its mirror stands in for docker.io;
//  4. the registry itself.
//
// A real node has the first or the second, and neither at first: it asks the
// registry itself, in whose place the lab's mirror is.
type Sources struct {
	Root string // the node's own files; empty: none
	Lab  string // the lab's registries.yaml; empty: none
	// Near gives the address that carries one of the cluster's own, and whether
	// it is one; nil: there are none.
	Near func(host string) (carrier string, near bool)
	Self netip.Addr // the address that carries the node's, from which what is near is asked

	mu  sync.Mutex
	lab *Registries // as Lab was when the store was opened
	k3s *Registries // as registries.yaml was when K3s started
}

// certsD is where containerd has its configuration of registries.
const certsD = "etc/containerd/certs.d"

// StartK3s reads registries.yaml; an error says that K3s would not start.
func (s *Sources) StartK3s() error {
	if s.Root == "" {
		return nil
	}
	r, err := startK3s(s.Root)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.k3s = r
	return nil
}

func (s *Sources) load() (err error) {
	s.lab, err = LoadRegistries(s.Lab)
	return err
}

// endpoints lists where to ask for ref, in order. hostsDir, if given, is the
// only place to look, as `ctr --hosts-dir` wants it.
func (s *Sources) endpoints(ref reference.Named, how How) ([]endpoint, error) {
	host, repository := reference.Domain(ref), reference.Path(ref)
	_, byDigest := ref.(reference.Digested)
	dirs := []certsDir{{filepath.Join(s.Root, certsD), s.Root}, {filepath.Join(s.Root, k3sCerts), s.Root}}
	switch {
	case how.Direct && how.HostsDir == "":
		dirs = nil
	case how.Direct:
		dirs = []certsDir{{spec.OnNode(s.Root, how.HostsDir), s.Root}}
	case s.Root == "":
		dirs = nil
	}
	for _, d := range dirs {
		file, order, err := d.find(host)
		if err != nil {
			return nil, err
		}
		if file != nil {
			list, err := file.endpoints(order, host, repository, byDigest, d.root)
			return s.withLogins(list), err
		}
	}
	if how.Direct {
		return new(Registries).endpoints(ref)
	}
	return s.lab.endpoints(ref)
}

// withLogins adds what K3s has in its config.toml.
func (s *Sources) withLogins(list []endpoint) []endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.k3s == nil {
		return list
	}
	for i, e := range list {
		if c, ok := s.k3s.Configs[e.host]; ok && c.Auth != nil {
			list[i].config.Auth = c.Auth
		}
	}
	return list
}

// How says by whose word a pull is done.
type How struct {
	Auth     *Auth
	Direct   bool   // by none of the node's configuration but HostsDir, as ctr does it
	HostsDir string // a certs.d on the node; empty: none
}

// dial connects to a registry, which may be the cluster's own.
func (s *Sources) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	if host, port, err := net.SplitHostPort(address); err == nil && s.Near != nil {
		if carrier, near := s.Near(host); near {
			address = net.JoinHostPort(carrier, port)
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.Self, 0))
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// proxy is the machine's, but for what is near.
func (s *Sources) proxy(r *http.Request) (*url.URL, error) {
	if s.Near != nil {
		if _, near := s.Near(r.URL.Hostname()); near {
			return nil, nil
		}
	}
	return http.ProxyFromEnvironment(r)
}
