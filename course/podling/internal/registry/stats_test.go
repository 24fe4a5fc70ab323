package registry

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestStatsCountWhatWasAskedForAndWhatWasGiven(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "images")
	add(t, folder, image(t, 1000), "docker.io/library/x:1")
	h, err := NewHandler(folder)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(NewStats().counted(h))
	defer server.Close()
	pull := func(what string) error {
		ref, err := name.ParseReference(server.Listener.Addr().String() + "/" + what)
		if err != nil {
			t.Fatal(err)
		}
		img, err := remote.Image(ref)
		if err != nil {
			return err
		}
		layers, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			c, err := l.Compressed()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
		return nil
	}
	if err := pull("library/x:1"); err != nil {
		t.Fatal(err)
	}
	if pull("library/x:2") == nil {
		t.Fatal("x:2 should not be there")
	}
	response, err := http.Get(server.URL + StatsPath)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var shown struct {
		Images map[string]Asked `json:"images"`
		Blobs  int64            `json:"blobs"`
		Bytes  int64            `json:"bytes"`
	}
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil {
		t.Fatal(err)
	}
	if got := shown.Images["docker.io/library/x:1"]; got != (Asked{Hits: 1}) {
		t.Errorf("x:1: %+v in %+v", got, shown)
	}
	if got := shown.Images["docker.io/library/x:2"]; got != (Asked{Misses: 1}) {
		t.Errorf("x:2: %+v in %+v", got, shown)
	}
	if shown.Blobs < 2 || shown.Bytes < 2000 {
		t.Errorf("two layers of 1000 bytes were given: %+v", shown)
	}
}
