package cri

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"kubelab.dev/podling/internal/images"
)

// importSocket is beside the CRI socket: CRI has no call that brings an image
// from a file (containerd's is in an API of its own, which `ctr` uses), and none
// that ends all pods.
func (c *Config) importSocket() string { return filepath.Join(filepath.Dir(c.Socket), "import.sock") }

// serveImports answers the keeper and ctr.
func (s *server) serveImports(failed chan<- error) (*http.Server, error) {
	path := s.config.importSocket()
	_ = os.Remove(path) // of a node that was killed
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("import socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /import", func(w http.ResponseWriter, r *http.Request) {
		all, err := s.images.Import(r.Context(), r.URL.Query().Get("path"))
		reply(w, all, err)
	})
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		var err error
		if r.URL.Query().Has("k3s") {
			err = s.sources.StartK3s()
		}
		reply(w, struct{}{}, err) // hosts.toml is read at each pull anyway
	})
	s.handleStores(mux)
	s.handlePods(mux)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	go func() { failed <- web.Serve(listener) }()
	return web, nil
}

// handleStores is the part of containerd's own API that ctr needs here; each
// call names a namespace.
func (s *server) handleStores(mux *http.ServeMux) {
	mux.HandleFunc("GET /namespaces", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.namespaces(), nil) })
	mux.HandleFunc("GET /images", s.inStore(false, func(store *images.Store, _ http.ResponseWriter, _ *http.Request) (any, error) {
		if store == nil {
			return []images.Image{}, nil
		}
		return append([]images.Image{}, store.List()...), nil
	}))
	mux.HandleFunc("POST /images/pull", s.inStore(true, func(store *images.Store, _ http.ResponseWriter, r *http.Request) (any, error) {
		q := r.URL.Query()
		how := images.How{Direct: true, HostsDir: q.Get("hosts-dir")}
		if p := q.Get("platform"); p != "" && p != "linux/"+runtime.GOARCH {
			return nil, fmt.Errorf("this node runs linux/%s only, and keeps no images for %s", runtime.GOARCH, p)
		}
		if user := q.Get("user"); user != "" {
			how.Auth = &images.Auth{Username: user, Password: q.Get("password")}
		}
		if _, err := store.PullBy(r.Context(), q.Get("name"), how); err != nil {
			return nil, err
		}
		image, _ := store.Get(q.Get("name"))
		return image, nil
	}))
	mux.HandleFunc("POST /images/import", s.inStore(true, func(store *images.Store, _ http.ResponseWriter, r *http.Request) (any, error) {
		return store.ImportFrom(r.Context(), r.Body)
	}))
	mux.HandleFunc("GET /images/export", s.inStore(false, func(store *images.Store, w http.ResponseWriter, r *http.Request) (any, error) {
		q := r.URL.Query()
		if store == nil {
			return nil, fmt.Errorf("image %q: %w", q.Get("name"), images.ErrNotFound)
		}
		return nil, store.Export(r.Context(), w, q["name"], q.Get("platform"))
	}))
	mux.HandleFunc("POST /images/tag", s.inStore(true, func(store *images.Store, _ http.ResponseWriter, r *http.Request) (any, error) {
		q := r.URL.Query()
		return struct{}{}, store.Tag(q.Get("name"), q.Get("target"), q.Has("force"))
	}))
	mux.HandleFunc("DELETE /images", s.inStore(false, func(store *images.Store, _ http.ResponseWriter, r *http.Request) (any, error) {
		name := r.URL.Query().Get("name")
		if store == nil {
			return nil, fmt.Errorf("image %q: %w", name, images.ErrNotFound)
		}
		return struct{}{}, store.Untag(name)
	}))
}

// inStore makes a handler of work on the namespace's images. What it returns
// is the answer; nil if it has written one already.
func (s *server) inStore(create bool, work func(*images.Store, http.ResponseWriter, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		store, err := s.store(r.URL.Query().Get("namespace"), create)
		if err != nil {
			reply(w, nil, err)
			return
		}
		with, err := work(store, w, r)
		if with != nil || err != nil {
			reply(w, with, err)
		}
	}
}

func reply(w http.ResponseWriter, with any, err error) {
	switch {
	case errors.Is(err, images.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(with)
	}
}
