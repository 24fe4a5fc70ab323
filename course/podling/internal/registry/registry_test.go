package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func image(t *testing.T, size int64) v1.Image {
	t.Helper()
	img, err := random.Image(size, 2)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func add(t *testing.T, folder string, img v1.Image, names ...string) {
	t.Helper()
	p, err := layout.FromPath(folder)
	if err != nil {
		if p, err = layout.Write(folder, emptyIndex(t)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range names {
		if err := p.AppendImage(img, layout.WithAnnotations(map[string]string{fullName: n})); err != nil {
			t.Fatal(err)
		}
	}
}

func emptyIndex(t *testing.T) v1.ImageIndex {
	t.Helper()
	index, err := random.Index(1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts a registry on a free port and returns its host:port.
func serve(t *testing.T, folder string, log io.Writer) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, Config{Layout: folder, AccessLog: log}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the registry ended with %v", err)
		}
	})
	return l.Addr().String()
}

func pull(t *testing.T, ref string) (v1.Image, error) {
	t.Helper()
	r, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	return remote.Image(r)
}

func TestAnImageIsPulledByTagAndByDigestUnchanged(t *testing.T) {
	folder, img, log := t.TempDir(), image(t, 100_000), &lockedBuffer{}
	add(t, folder, img, "docker.io/library/nginx:1.22", "docker.io/library/nginx:latest")
	host := serve(t, folder, log)
	want, _ := img.Digest()
	for _, ref := range []string{":1.22", ":latest", "@" + want.String()} {
		got, err := pull(t, host+"/library/nginx"+ref)
		if err != nil {
			t.Fatal(err)
		}
		if d, _ := got.Digest(); d != want {
			t.Errorf("%s has digest %s, want %s", ref, d, want)
		}
		if err := validate.Image(got); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if !strings.Contains(log.String(), `"GET /v2/library/nginx/manifests/1.22" 200 `) {
		t.Errorf("the access log has no line for the pull:\n%s", log)
	}
}

func TestAnUnknownImageIsRefusedInWords(t *testing.T) {
	folder := t.TempDir()
	add(t, folder, image(t, 100), "docker.io/library/nginx:1.22")
	host := serve(t, folder, nil)
	for ref, code := range map[string]transport.ErrorCode{
		"/library/nginx:9.9":    transport.ManifestUnknownErrorCode,
		"/library/nosuch:1.22":  transport.NameUnknownErrorCode,
		"/someone/nginx:latest": transport.NameUnknownErrorCode,
	} {
		_, err := pull(t, host+ref)
		var answer *transport.Error
		if !errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound || len(answer.Errors) != 1 {
			t.Errorf("%s: got %v, want a 404 with one error", ref, err)
			continue
		}
		e := answer.Errors[0]
		if e.Code != code || !strings.Contains(e.Message, "docker.io"+ref[:strings.Index(ref, ":")]) ||
			!strings.Contains(e.Message, "library/nginx:1.22") {
			t.Errorf("%s: got %s %q", ref, e.Code, e.Message)
		}
	}
}

func request(t *testing.T, method, url string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only a fault takes so long
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestItAnswersForDockerIOOnlyAndIsReadOnly(t *testing.T) {
	folder := t.TempDir()
	add(t, folder, image(t, 100), "docker.io/library/nginx:1.22")
	base := "http://" + serve(t, folder, nil) + "/v2/"
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "", 200},
		{"HEAD", "library/nginx/manifests/1.22?ns=docker.io", 200},
		{"GET", "library/nginx/manifests/1.22?ns=quay.io", 404},
		{"GET", "library/nginx/tags/list", 200},
		{"GET", "library/nginx/blobs/sha256:" + strings.Repeat("0", 64), 404},
		{"GET", "library/nginx/blobs/sha256:..%2F..%2Findex.json", 404},
		{"POST", "library/nginx/blobs/uploads/", 405},
		{"PUT", "library/nginx/manifests/mine", 405},
		{"DELETE", "library/nginx/manifests/1.22", 405},
	} {
		if resp, body := request(t, c.method, base+c.path); resp.StatusCode != c.status {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, resp.StatusCode, body, c.status)
		}
	}
}

func TestImagesBuiltWhileItRunsAreServed(t *testing.T) {
	folder := t.TempDir()
	add(t, folder, image(t, 100), "docker.io/library/nginx:1.22")
	host := serve(t, folder, nil)
	if _, err := pull(t, host+"/library/busybox:1.35"); err == nil {
		t.Fatal("busybox was served before it was there")
	}
	add(t, folder, image(t, 100), "docker.io/library/busybox:1.35")
	if _, err := pull(t, host+"/library/busybox:1.35"); err != nil {
		t.Fatal(err)
	}
}

func TestALargeLayoutIsServedAtOnce(t *testing.T) {
	folder, aside, img := t.TempDir(), t.TempDir(), image(t, 50<<20)
	add(t, folder, img, "docker.io/library/big:1")
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	// Each layer is a fifo until the first answer has come: a server that reads
	// layers for it waits for ever.
	blobs := map[string]string{}
	for _, l := range layers {
		d, _ := l.Digest()
		path := filepath.Join(folder, "blobs", "sha256", d.Hex)
		blobs[path] = filepath.Join(aside, d.Hex)
		if err := errors.Join(os.Rename(path, blobs[path]), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	host := serve(t, folder, nil)
	t.Cleanup(func() { // such a server must end
		for path := range blobs {
			if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
				defer f.Close() // when it finds no other
			}
			os.Remove(path)
		}
	})
	resp, body := request(t, "GET", "http://"+host+"/v2/library/big/manifests/1")
	if resp.StatusCode != 200 {
		t.Errorf("the first answer was %d", resp.StatusCode)
	}
	t.Logf("the first answer took %s", time.Since(start))
	for path, whole := range blobs {
		if err := os.Rename(whole, path); err != nil {
			t.Fatal(err)
		}
	}
	var m v1.Manifest
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	resp, body = request(t, "GET", fmt.Sprintf("http://%s/v2/library/big/blobs/%s", host, m.Layers[0].Digest))
	t.Logf("a layer of %d bytes took %s", len(body), time.Since(start))
	if resp.StatusCode != 200 || int64(len(body)) != m.Layers[0].Size {
		t.Errorf("the layer: %d, %d bytes, want %d", resp.StatusCode, len(body), m.Layers[0].Size)
	}
}

func TestWithoutImagesItSaysWhatToDo(t *testing.T) {
	folder := t.TempDir()
	err := Run(t.Context(), Config{Addr: "127.0.0.1:0", Layout: folder})
	if err == nil || !strings.Contains(err.Error(), "lab start") || !strings.Contains(err.Error(), folder) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "index.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), Config{Addr: "127.0.0.1:0", Layout: folder})
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
}

// The layout that course.images built, if the caller names one.
func TestTheCoursesOwnLayout(t *testing.T) {
	folder := os.Getenv("KUBELAB_TEST_LAYOUT")
	if folder == "" {
		t.Skip("KUBELAB_TEST_LAYOUT is not set")
	}
	host := serve(t, folder, nil)
	for _, ref := range []string{"nginx:1.22", "nginx:latest", "busybox:1.35", "busybox:latest"} {
		img, err := pull(t, host+"/library/"+ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(img); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
