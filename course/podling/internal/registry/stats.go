package registry

import (
	"encoding/json"
	"net/http"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// StatsPath is where a registry says what it was asked for and what it gave.
const StatsPath = "/stats.json"

// namesAtMost bounds what askers can make us remember.
const namesAtMost = 1000

// Stats counts since the registries of a process began. An image counts when
// its name is resolved: podling asks with GET, containerd with HEAD, either
// once for a pull, and what follows is asked for by digest.
type Stats struct {
	mu     sync.Mutex
	images map[string]*Asked
	blobs  int64
	bytes  int64
}

// Asked is what became of the requests for one image.
type Asked struct {
	Hits   int64 `json:"hits"`   // it was here
	Misses int64 `json:"misses"` // it was not
}

// NewStats counts from 0.
func NewStats() *Stats { return &Stats{images: map[string]*Asked{}} }

// counted counts the requests that next answers.
func (s *Stats) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == StatsPath {
			s.show(w)
			return
		}
		c := &counter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(c, r)
		s.count(r, c)
	})
}

func (s *Stats) count(r *http.Request, c *counter) {
	repo, kind, ref := split(r.URL.Path)
	_, err := v1.NewHash(ref)
	byDigest := err == nil
	missed := c.status == http.StatusNotFound
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += c.bytes
	switch {
	case kind == "blobs" && r.Method == http.MethodGet && c.status < 300:
		s.blobs++ // layers and configurations
	case kind != "manifests" || byDigest && !missed:
	case missed:
		if one := s.of(repo, ref, byDigest); one != nil {
			one.Misses++
		}
	case c.status < 300:
		if one := s.of(repo, ref, byDigest); one != nil {
			one.Hits++
		}
	}
}

func (s *Stats) of(repo, ref string, byDigest bool) *Asked {
	name := Host + "/" + repo + ":" + ref
	if byDigest {
		name = Host + "/" + repo + "@" + ref
	}
	if s.images[name] == nil && len(s.images) < namesAtMost {
		s.images[name] = &Asked{}
	}
	return s.images[name]
}

func (s *Stats) show(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	// The asker is gone if this fails.
	_ = json.NewEncoder(w).Encode(map[string]any{"images": s.images, "blobs": s.blobs, "bytes": s.bytes})
}
