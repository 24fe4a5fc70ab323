package images

import (
	"archive/tar"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestImagesComeFromArchivesAndLayouts(t *testing.T) {
	i := image(t, layer(t, entry{name: "f", text: "x"}))
	dir := t.TempDir()
	path, err := layout.Write(filepath.Join(dir, "layout"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := path.AppendImage(i, layout.WithAnnotations(map[string]string{ociRefName: "docker.io/library/named:1"})); err != nil {
		t.Fatal(err)
	}
	oci := filepath.Join(dir, "oci.tar")
	archive(t, filepath.Join(dir, "layout"), oci)
	docker := filepath.Join(dir, "docker.tar")
	tag, _ := name.NewTag("saved:2")
	if err := tarball.WriteToFile(docker, tag, i); err != nil {
		t.Fatal(err)
	}
	for source, ref := range map[string]string{filepath.Join(dir, "layout"): "named:1", oci: "named:1", docker: "saved:2"} {
		s := storeWith(t, "")
		ids, err := s.Import(context.Background(), source)
		if err != nil || len(ids) != 1 {
			t.Fatalf("%s: %v %v", source, ids, err)
		}
		got, ok := s.Get(ref)
		if !ok || got.ID != ids[0].ID {
			t.Errorf("%s: %s is not there: %+v", source, ref, s.List())
		}
		if text, _ := os.ReadFile(filepath.Join(s.Rootfs(ids[0].ID), "f")); string(text) != "x" {
			t.Errorf("%s: content %q", source, text)
		}
	}
	wrong := filepath.Join(dir, "wrong.tar")
	archive(t, t.TempDir(), wrong)
	if _, err := storeWith(t, "").Import(context.Background(), wrong); err == nil || !strings.Contains(err.Error(), "neither an OCI archive") {
		t.Errorf("%v", err)
	}
}

func archive(t *testing.T, dir, file string) {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := tar.NewWriter(out)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
