package images

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

type entry struct {
	name, link string
	kind       byte
	mode       int64
	text       string
}

func layer(t *testing.T, entries ...entry) v1.Layer {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		if e.mode == 0 {
			e.mode = 0o755
		}
		h := &tar.Header{Name: e.name, Linkname: e.link, Typeflag: e.kind, Mode: e.mode, Size: int64(len(e.text))}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func image(t *testing.T, layers ...v1.Layer) v1.Image {
	t.Helper()
	i, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// registryAt serves images below a handler that may look at the requests.
func registryAt(t *testing.T, look func(http.ResponseWriter, *http.Request) bool, images map[string]v1.Image) string {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var open atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if look == nil || !open.Load() || look(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	for repository, image := range images {
		ref, err := name.NewTag(strings.TrimPrefix(server.URL, "http://")+"/"+repository, name.Insecure)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, image); err != nil {
			t.Fatal(err)
		}
	}
	open.Store(true)
	return server.URL
}

func storeWith(t *testing.T, registries string) *Store {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "registries.yaml")
	if err := os.WriteFile(path, []byte(registries), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(dir, "store"), &Sources{Lab: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mirror(url string) string { return fmt.Sprintf("mirrors: {docker.io: {endpoint: [%q]}}", url) }

func TestLayersLieOverEachOtherAndNeverLeaveTheRoot(t *testing.T) {
	outside := t.TempDir()
	i := image(t,
		layer(t, entry{name: "a/keep", text: "1"}, entry{name: "a/drop", text: "1"}, entry{name: "b/old", text: "1"},
			entry{name: "dir", kind: tar.TypeDir, mode: 0o555}, entry{name: "dir/file", text: "x", mode: 0o4711},
			entry{name: "hard", kind: tar.TypeLink, link: "a/keep"}, entry{name: "run", kind: tar.TypeDir},
			entry{name: "var/run", kind: tar.TypeSymlink, link: "/run"},
			entry{name: "evil", kind: tar.TypeSymlink, link: outside}, entry{name: "up", kind: tar.TypeSymlink, link: "../../../../../.." + outside}),
		layer(t, entry{name: "a/.wh.drop"}, entry{name: "b/.wh..wh..opq"}, entry{name: "b/new", text: "2"},
			entry{name: "var/run/pid", text: "2"}, entry{name: "evil/escaped", text: "2"}, entry{name: "up/escaped", text: "2"},
			entry{name: "../../escaped", text: "2"}, entry{name: "dir", kind: tar.TypeDir, mode: 0o555}, entry{name: "null", kind: tar.TypeChar}))
	s := storeWith(t, mirror(registryAt(t, nil, map[string]v1.Image{"library/x:1": i})))
	id, err := s.Pull(context.Background(), "x:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	root := s.Rootfs(id)
	for path, want := range map[string]bool{"a/keep": true, "a/drop": false, "b/old": false, "b/new": true, "run/pid": true,
		"escaped": true, "hard": true, "null": false, "dir/file": true} {
		if _, err := os.Lstat(filepath.Join(root, path)); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Fatalf("the image wrote outside: %v", left)
	}
	if info, _ := os.Stat(filepath.Join(root, "dir/file")); info.Mode() != 0o711|0o400 {
		t.Errorf("set-id bits stay: %v", info.Mode())
	}
	if got, _ := s.Get("docker.io/library/x:1"); got.ID != id || got.RepoTags[0] != "docker.io/library/x:1" ||
		!strings.HasPrefix(got.RepoDigests[0], "docker.io/library/x@sha256:") {
		t.Errorf("%+v", got)
	}
	// Opening again finds it; removing leaves nothing.
	again, err := Open(s.dir, new(Sources))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := again.Get("x:1"); !ok {
		t.Fatal("the store forgot its image")
	}
	again.Hold(id)
	if err := again.Remove("x:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		t.Error("a used root file system was removed")
	}
	again.Release(id)
	for _, folder := range []string{"rootfs", "blobs", "tmp"} {
		if left, _ := os.ReadDir(filepath.Join(s.dir, folder)); len(left) > 0 {
			t.Errorf("%s keeps %v", folder, left)
		}
	}
}

func TestAnUnknownImageGivesTheRegistrysWords(t *testing.T) {
	i := image(t, layer(t, entry{name: "f"}))
	url := registryAt(t, nil, map[string]v1.Image{"library/x:1": i})
	// Not docker.io: a test must not ask it.
	s := storeWith(t, fmt.Sprintf("mirrors: {hub.invalid: {endpoint: [%q]}}", url))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for ref, words := range map[string][]string{
		"hub.invalid/library/nope": {`failed to pull and unpack image "hub.invalid/library/nope:latest": failed to resolve reference "hub.invalid/library/nope:latest"`, "not found", "NAME_UNKNOWN: Unknown name"},
		"hub.invalid/library/x:2":  {`"hub.invalid/library/x:2"`, "hub.invalid/library/x:2: not found", "MANIFEST_UNKNOWN: Unknown manifest"},
		"Bad!":                     {`failed to parse image reference "Bad!"`},
		"127.0.0.1:1/y:1":          {"connection refused"},
	} {
		_, err := s.Pull(ctx, ref, nil)
		for _, want := range words {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", ref, want, err)
			}
		}
	}
}

func TestMirrorsRewriteAndLogIn(t *testing.T) {
	i := image(t, layer(t, entry{name: "f"}))
	var namespace atomic.Value
	url := registryAt(t, func(w http.ResponseWriter, r *http.Request) bool {
		if ns := r.URL.Query().Get("ns"); ns != "" {
			namespace.Store(ns)
		}
		user, password, _ := r.BasicAuth()
		if user != "u" || password != "p" {
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}`)
			return false
		}
		return true
	}, nil)
	host := strings.TrimPrefix(url, "http://")
	ref, err := name.NewTag(host+"/proxy/mirrored/x:1", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, i, remote.WithAuth(login(Auth{Username: "u", Password: "p"}))); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`mirrors:
  example.com:
    endpoint: [%q]
    rewrite: {"^library/(.*)": "mirrored/$1"}
`, url+"/v2/proxy")
	s := storeWith(t, text)
	if _, err = s.Pull(context.Background(), "example.com/library/x:1", nil); err == nil ||
		!strings.Contains(err.Error(), "pull access denied") || !strings.Contains(err.Error(), "who are you") {
		t.Fatalf("no login: %v", err)
	}
	if _, err := s.Pull(context.Background(), "example.com/library/x:1", &Auth{Auth: "dTpw"}); err != nil {
		t.Fatalf("a pull's login: %v", err)
	}
	if namespace.Load() != "example.com" {
		t.Errorf("ns=%v", namespace.Load())
	}
	configured := storeWith(t, text+fmt.Sprintf("configs: {%q: {auth: {username: u, password: p}}}", host))
	if _, err := configured.Pull(context.Background(), "example.com/library/x:1", nil); err != nil {
		t.Fatalf("a configured login: %v", err)
	}
}

func TestAnImageThatIsPulledAgainKeepsItsNamesAndGetsNone(t *testing.T) {
	url := registryAt(t, nil, map[string]v1.Image{"library/x:1": image(t, layer(t, entry{name: "f"}))})
	s := storeWith(t, mirror(url))
	for range 3 {
		if _, err := s.Pull(context.Background(), "x:1", nil); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := s.Get("x:1")
	if want := []string{"docker.io/library/x:1"}; !slices.Equal(got.RepoTags, want) || len(got.RepoDigests) != 1 {
		t.Errorf("tags %q, want %q; digests %q", got.RepoTags, want, got.RepoDigests)
	}
}

func TestPullsOfOneImageAreOnePull(t *testing.T) {
	var blobs atomic.Int32
	l := layer(t, entry{name: "f", text: strings.Repeat("x", 1<<16)})
	digest, err := l.Digest()
	if err != nil {
		t.Fatal(err)
	}
	url := registryAt(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, digest.String()) {
			blobs.Add(1)
		}
		return true
	}, map[string]v1.Image{"library/x:1": image(t, l), "library/y:1": image(t, l, layer(t, entry{name: "g"}))})
	s := storeWith(t, mirror(url))
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if _, err := s.Pull(context.Background(), []string{"x:1", "y:1"}[i%2], nil); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if blobs.Load() != 1 {
		t.Errorf("the layer was fetched %d times", blobs.Load())
	}
	if err := s.Remove("x:1"); err != nil { // the other image keeps the layer they share
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path("blobs", digest.Hex)); err != nil {
		t.Error(err)
	}
}

func TestATamperedLayerIsRefused(t *testing.T) {
	l := layer(t, entry{name: "f", text: "good"})
	digest, err := l.Digest()
	if err != nil {
		t.Fatal(err)
	}
	url := registryAt(t, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, digest.String()) {
			_, _ = io.WriteString(w, "something else")
			return false
		}
		return true
	}, map[string]v1.Image{"library/x:1": image(t, l)})
	s := storeWith(t, mirror(url))
	if _, err := s.Pull(context.Background(), "x:1", nil); err == nil || !strings.Contains(err.Error(), "fetch layer sha256:"+digest.Hex) {
		t.Fatalf("%v", err)
	}
	if len(s.List()) != 0 {
		t.Error("a broken image is listed")
	}
}
