package cri

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"kubelab.dev/podling/internal/executor"
)

// remembered is how many ended pods' UIDs are kept: enough for the moments
// until the kubelet, too, knows that they are gone.
const remembered = 1000

// Pods is what a node's runtime has, as GET /pods says it.
type Pods struct {
	Sandboxes  int `json:"sandboxes"`
	Containers int `json:"containers"` // those that are ending too
}

// handlePods answers GET /pods, and POST /pods/end with the UIDs of pods that
// the cluster has no more: everything ends that is on the node, at once and
// whatever a pod's grace period, and nothing of these pods starts after that.
func (s *server) handlePods(mux *http.ServeMux) {
	mux.HandleFunc("GET /pods", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		pods := Pods{len(s.sandboxes), len(s.containers) + len(s.ending)}
		s.mu.Unlock()
		answer(w, pods)
	})
	mux.HandleFunc("POST /pods/end", func(w http.ResponseWriter, r *http.Request) {
		var uids []string
		if err := json.NewDecoder(r.Body).Decode(&uids); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ended, err := s.endPods(r.Context(), uids)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, Pods{Sandboxes: ended})
	})
}

func answer(w http.ResponseWriter, with any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(with)
}

// endPods returns when no process of any container is left, with the number of
// sandboxes that there were.
func (s *server) endPods(ctx context.Context, uids []string) (int, error) {
	s.oneReset.Lock()
	defer s.oneReset.Unlock()
	sandboxes, containers := s.takeAll(uids)
	err := s.end(ctx, containers)
	s.mu.Lock()
	for _, b := range sandboxes {
		if b.ip.IsValid() && b.ready {
			s.addresses.free(b.ip)
		}
		b.ready = false
	}
	s.mu.Unlock()
	if err != nil {
		return 0, err // its files stay until the node starts again
	}
	var dirs []string
	for _, c := range containers {
		c.io.close()
		s.images.Release(c.image.ID)
		dirs = append(dirs, c.dir)
	}
	for _, b := range sandboxes {
		dirs = append(dirs, b.dir)
		if b.config.LogDirectory != "" {
			dirs = append(dirs, b.config.LogDirectory)
		}
	}
	return len(sandboxes), s.discard(dirs)
}

// takeAll forgets all sandboxes and containers: what the kubelet asks of them
// after this is asked of ids that are not known, which CRI lets succeed.
func (s *server) takeAll(uids []string) (sandboxes []*sandbox, containers []*container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.containers {
		s.ending[c] = true
	}
	for c := range s.ending { // some may be left from a call before, which gave up
		containers = append(containers, c)
	}
	s.gone = append(s.gone, uids...)
	for _, b := range s.sandboxes {
		sandboxes = append(sandboxes, b)
		if uid := b.config.Metadata.Uid; uid != "" {
			s.gone = append(s.gone, uid)
		}
	}
	s.gone = s.gone[max(0, len(s.gone)-remembered):]
	clear(s.sandboxes)
	clear(s.containers)
	return sandboxes, containers
}

// end kills containers, all at the same time, and waits for them.
func (s *server) end(ctx context.Context, containers []*container) error {
	errs := make([]error, len(containers))
	var all sync.WaitGroup
	for i, c := range containers {
		all.Go(func() {
			errs[i] = c.stop(ctx, 0)
			if errs[i] == nil {
				s.mu.Lock()
				delete(s.ending, c)
				s.mu.Unlock()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// discard moves folders away, which takes no time, and removes them in the
// background, which may.
func (s *server) discard(dirs []string) error {
	if len(dirs) == 0 {
		return nil
	}
	trash, err := os.MkdirTemp(s.config.Dir, "trash-")
	if err != nil {
		return err
	}
	for i, dir := range dirs {
		to := filepath.Join(trash, fmt.Sprintf("%d-%s", i, filepath.Base(dir)))
		if err := os.Rename(dir, to); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	go func() { _ = executor.RemoveAll(trash) }()
	return nil
}
