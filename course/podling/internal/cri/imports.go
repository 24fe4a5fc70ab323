package cri

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// importSocket is beside the CRI socket: CRI has no call that brings an image
// from a file (containerd's is in an API of its own, which `ctr` uses), and none
// that ends all pods.
func (c *Config) importSocket() string { return filepath.Join(filepath.Dir(c.Socket), "import.sock") }

// serveImports answers POST /import?path=ARCHIVE with a JSON list of image ids.
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
		ids, err := s.images.Import(r.Context(), r.URL.Query().Get("path"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(ids)
	})
	s.handlePods(mux)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	go func() { failed <- web.Serve(listener) }()
	return web, nil
}
