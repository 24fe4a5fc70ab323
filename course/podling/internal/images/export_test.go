package images

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestAnExportedImageComesBackAsItWas(t *testing.T) {
	ctx := context.Background()
	url := registryAt(t, nil, map[string]v1.Image{"library/x:1": image(t, layer(t, entry{name: "f", text: "x"}))})
	s := storeWith(t, mirror(url))
	id, err := s.Pull(ctx, "x:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := s.Get("x:1")
	var archive, again bytes.Buffer
	const full = "docker.io/library/x:1"
	if err := s.Export(ctx, &archive, []string{full}, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Export(ctx, &again, []string{full}, ""); err != nil || !bytes.Equal(archive.Bytes(), again.Bytes()) {
		t.Errorf("the second export differs: %v", err)
	}
	if err := s.Remove("x:1"); err != nil {
		t.Fatal(err)
	}
	all, err := s.ImportFrom(ctx, bytes.NewReader(archive.Bytes()))
	if err != nil || len(all) != 1 || all[0].Name != full {
		t.Fatalf("%+v %v", all, err)
	}
	if after, ok := s.Get("x:1"); !ok || after.ID != id || after.Target != before.Target {
		t.Errorf("%+v, before %+v", after, before)
	}
	// And docker reads it.
	tag, _ := name.NewTag("x:1")
	saved, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := saved.ConfigName(); err != nil || config.String() != id {
		t.Errorf("docker would load %v %v", config, err)
	}
	var names []string
	for reader := tar.NewReader(&archive); ; {
		h, err := reader.Next()
		if err != nil {
			break
		}
		names = append(names, h.Name)
	}
	if last := names[len(names)-3:]; last[0] != "index.json" || last[1] != "manifest.json" || last[2] != "oci-layout" {
		t.Errorf("%v", names)
	}
}

func TestOnlyThisMachinesPlatformIsExported(t *testing.T) {
	url := registryAt(t, nil, map[string]v1.Image{"library/x:1": image(t, layer(t, entry{name: "f"}))})
	s := storeWith(t, mirror(url))
	if _, err := s.Pull(context.Background(), "x:1", nil); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct{ name, platform string }{{"docker.io/library/x:1", "linux/s390x"}, {"x:1", ""}} {
		if err := s.Export(context.Background(), io.Discard, []string{wrong.name}, wrong.platform); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

func TestNamesComeAndGo(t *testing.T) {
	url := registryAt(t, nil, map[string]v1.Image{"library/x:1": image(t, layer(t, entry{name: "f"}))})
	s := storeWith(t, mirror(url))
	if _, err := s.Pull(context.Background(), "x:1", nil); err != nil {
		t.Fatal(err)
	}
	const full, other = "docker.io/library/x:1", "registry.school/x:1"
	if err := s.Tag(full, "x:2", false); err == nil {
		t.Error("a short name was taken")
	}
	if err := s.Tag(full, other, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Tag(full, other, false); err == nil {
		t.Error("a name that is there was taken")
	}
	if err := s.Untag(full); err != nil {
		t.Fatal(err)
	}
	got, ok := s.Named(other)
	if !ok || len(got.RepoTags) != 1 {
		t.Fatalf("%+v", got)
	}
	for _, name := range append(got.RepoTags, got.RepoDigests...) {
		if err := s.Untag(name); err != nil {
			t.Fatal(err)
		}
	}
	if left := s.List(); len(left) > 0 {
		t.Errorf("%+v", left)
	}
}
