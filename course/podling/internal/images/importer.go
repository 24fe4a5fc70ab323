package images

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The annotations by which an OCI layout names its images: containerd's full
// name, and OCI's own, which is a tag or a name.
const (
	containerdName = "io.containerd.image.name"
	ociRefName     = "org.opencontainers.image.ref.name"
)

// Imported is an image that came from an archive.
type Imported struct {
	ID     string `json:"id"`
	Name   string `json:"name"` // empty: it has none
	Target string `json:"target"`
}

// Import brings in every image of an OCI layout folder, an OCI archive or a
// `docker save` archive.
func (s *Store) Import(ctx context.Context, path string) ([]Imported, error) {
	ids, err := s.importAny(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("failed to import %s: %w", path, err)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("failed to import %s: it holds no image for linux/%s", path, runtime.GOARCH)
	}
	return ids, nil
}

func (s *Store) importAny(ctx context.Context, path string) ([]Imported, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return s.importLayout(ctx, path)
	}
	kind, err := archiveKind(path)
	if err != nil {
		return nil, err
	}
	if kind == "docker" {
		return s.importDocker(ctx, path)
	}
	dir, err := os.MkdirTemp(s.path("tmp"), "import-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := extractLayout(path, dir); err != nil {
		return nil, err
	}
	return s.importLayout(ctx, dir)
}

// archiveKind looks for the file that tells the formats apart. An archive that
// is both (docker since 25) is read as OCI.
func archiveKind(path string) (kind string, err error) {
	err = eachEntry(path, func(h *tar.Header, _ io.Reader) error {
		switch strings.TrimPrefix(h.Name, "./") {
		case "index.json":
			kind = "oci"
		case "manifest.json":
			if kind == "" {
				kind = "docker"
			}
		}
		return nil
	})
	if err == nil && kind == "" {
		err = errors.New("neither an OCI archive (index.json) nor a docker archive (manifest.json)")
	}
	return kind, err
}

func eachEntry(path string, do func(*tar.Header, io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for reader := tar.NewReader(f); ; {
		h, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(h, reader); err != nil {
			return err
		}
	}
}

func extractLayout(path, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return eachEntry(path, func(h *tar.Header, content io.Reader) error {
		if h.Typeflag != tar.TypeReg {
			return nil
		}
		file := filepath.Clean(h.Name)
		if err := root.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		out, err := root.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, content)
		return errors.Join(err, out.Close())
	})
}

func (s *Store) importLayout(ctx context.Context, dir string) (all []Imported, err error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, desc := range manifest.Manifests {
		image, err := pick(index, desc)
		if err != nil {
			return nil, err
		}
		if image == nil {
			continue
		}
		one, err := s.bring(ctx, image, nameIn(desc.Annotations), desc)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// pick gives this machine's image of a descriptor; nil when there is none.
func pick(parent v1.ImageIndex, desc v1.Descriptor) (v1.Image, error) {
	switch desc.MediaType {
	case types.OCIManifestSchema1, types.DockerManifestSchema2:
		if desc.Platform != nil && (desc.Platform.OS != "linux" || desc.Platform.Architecture != runtime.GOARCH) {
			return nil, nil
		}
		return parent.Image(desc.Digest)
	case types.OCIImageIndex, types.DockerManifestList:
		inner, err := parent.ImageIndex(desc.Digest)
		if err != nil {
			return nil, err
		}
		manifest, err := inner.IndexManifest()
		if err != nil {
			return nil, err
		}
		for _, each := range manifest.Manifests {
			if image, err := pick(inner, each); image != nil || err != nil {
				return image, err
			}
		}
	}
	return nil, nil
}

func nameIn(annotations map[string]string) reference.Named {
	for _, key := range []string{containerdName, ociRefName} {
		text := annotations[key]
		if text == "" || (key == ociRefName && !strings.ContainsAny(text, ":/")) {
			continue // a bare tag names nothing
		}
		if ref, err := parse(text); err == nil {
			return ref
		}
	}
	return nil
}

func (s *Store) importDocker(ctx context.Context, path string) (all []Imported, err error) {
	opener := func() (io.ReadCloser, error) { return os.Open(path) }
	manifest, err := tarball.LoadManifest(opener)
	if err != nil {
		return nil, err
	}
	for _, desc := range manifest {
		names := desc.RepoTags
		if len(names) == 0 {
			names = []string{""}
		}
		for _, text := range names {
			one, err := s.importDockerImage(ctx, opener, text, len(manifest))
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, nil
}

func (s *Store) importDockerImage(ctx context.Context, opener tarball.Opener, text string, total int) (Imported, error) {
	if text == "" {
		if total > 1 {
			return Imported{}, errors.New("an image without a name among several")
		}
		image, err := tarball.Image(opener, nil)
		if err != nil {
			return Imported{}, err
		}
		return s.bring(ctx, image, nil, v1.Descriptor{})
	}
	tag, err := name.NewTag(text)
	if err != nil {
		return Imported{}, err
	}
	image, err := tarball.Image(opener, &tag)
	if err != nil {
		return Imported{}, err
	}
	ref, err := parse(text)
	if err != nil {
		return Imported{}, err
	}
	return s.bring(ctx, image, ref, v1.Descriptor{})
}

func (s *Store) bring(ctx context.Context, image v1.Image, ref reference.Named, target v1.Descriptor) (Imported, error) {
	id, err := s.keep(ctx, image, ref, target)
	if err != nil {
		return Imported{}, err
	}
	one := Imported{ID: id, Target: target.Digest.String()}
	if target.Digest.Hex == "" {
		digest, err := image.Digest()
		if err != nil {
			return Imported{}, err
		}
		one.Target = digest.String()
	}
	if ref != nil {
		one.Name = ref.String()
	}
	return one, nil
}
