package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
)

// Host is the registry whose mirror this is.
const Host = "docker.io"

// Handler answers for a layout. It puts our own words and the rules of a
// mirror before ggcr's registry, which does the rest.
type Handler struct {
	layout string

	mu     sync.Mutex
	seen   os.FileInfo // of index.json when it was read
	images images
	next   http.Handler
}

// NewHandler reads the layout's index.
func NewHandler(layout string) (*Handler, error) {
	h := &Handler{layout: layout}
	if _, _, err := h.current(); err != nil {
		return nil, err
	}
	return h, nil
}

// current is what the layout holds now: a build renames a new index into
// place while we run.
func (h *Handler) current() (images, http.Handler, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	info, err := os.Stat(filepath.Join(h.layout, "index.json"))
	same := err == nil && h.seen != nil && os.SameFile(info, h.seen) && info.ModTime().Equal(h.seen.ModTime())
	if same {
		return h.images, h.next, nil
	}
	found, err := readImages(h.layout)
	if err != nil {
		if h.images != nil { // the cache was cleared under us: what is known stays known
			return h.images, h.next, nil
		}
		return nil, nil, err
	}
	next, err := newRegistry(h.layout, found)
	if err != nil {
		return nil, nil, err
	}
	h.seen, h.images, h.next = info, found, next
	return found, next, nil
}

// newRegistry makes ggcr's registry and tells it the manifests; it has no
// other way in than its own HTTP interface.
func newRegistry(layout string, found images) (http.Handler, error) {
	r := ggcr.New(ggcr.WithBlobHandler(blobs{layout}), ggcr.Logger(log.New(io.Discard, "", 0)))
	put := func(repo, ref string, m manifest) error {
		req := httptest.NewRequest(http.MethodPut, "/v2/"+repo+"/manifests/"+ref, bytes.NewReader(m.raw))
		req.Header.Set("Content-Type", m.mediaType)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if w.Code != http.StatusCreated {
			return fmt.Errorf("the image %s:%s in %s is not valid: %s", repo, ref, layout, w.Body)
		}
		return nil
	}
	for repo, refs := range found {
		for ref, m := range refs {
			if err := put(repo, ref, m); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "this registry is a mirror of "+Host+": it can be pulled from only")
		return
	}
	found, next, err := h.current()
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "UNKNOWN", err.Error())
		return
	}
	if ns := r.URL.Query().Get("ns"); ns != "" && ns != Host {
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", "this registry is a mirror of "+Host+", not of "+ns)
		return
	}
	repo, kind, ref := split(r.URL.Path)
	refs, known := found[repo]
	_, have := refs[ref]
	switch {
	case kind == "":
	case !known:
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", absent(found, repo, ""))
		return
	case kind == "manifests" && !have:
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", absent(found, repo, ref))
		return
	}
	next.ServeHTTP(w, r)
}

// split takes /v2/REPOSITORY/KIND/REFERENCE apart; the kind is empty for
// other paths.
func split(path string) (repo, kind, ref string) {
	parts := strings.Split(strings.TrimPrefix(path, "/v2/"), "/")
	n := len(parts)
	if !strings.HasPrefix(path, "/v2/") || n < 3 {
		return "", "", ""
	}
	switch kind := parts[n-2]; kind {
	case "manifests", "blobs", "tags":
		return strings.Join(parts[:n-2], "/"), kind, parts[n-1]
	}
	return "", "", ""
}

// absent is what a person reads in the pod's events.
func absent(found images, repo, ref string) string {
	what := Host + "/" + repo
	switch {
	case strings.Contains(ref, ":"):
		what += "@" + ref
	case ref != "":
		what += ":" + ref
	}
	return fmt.Sprintf("%s is not here: %s cannot be reached from this machine, and its stand-in has only %s",
		what, Host, strings.Join(found.names(), ", "))
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	type problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client is gone if this fails: there is no one left to tell.
	_ = json.NewEncoder(w).Encode(map[string][]problem{"errors": {{code, message}}})
}
