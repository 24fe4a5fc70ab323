package registry

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestAJournalShowsWhoAskedForWhat(t *testing.T) {
	h, err := journaled(http.NotFoundHandler(), filepath.Join(t.TempDir(), "log"), func(string) string { return "the-node" })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	get := func(path string) string {
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	if text := get(JournalPath); text != "" {
		t.Errorf("before anything was asked: %q", text)
	}
	get("/v2/library/x/manifests/1?ns=docker.io")
	text := get(JournalPath)
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, `the-node "GET /v2/library/x/manifests/1?ns=docker.io" 404`) {
		t.Errorf("%q", text)
	}
}
