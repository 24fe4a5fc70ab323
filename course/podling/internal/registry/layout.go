package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Annotations of index.json by which an image is named: containerd's holds
// the whole reference, OCI's as a rule only the tag.
const (
	fullName = "io.containerd.image.name"
	refName  = "org.opencontainers.image.ref.name"
)

type manifest struct {
	mediaType string
	digest    v1.Hash
	raw       []byte
}

// images is what one reading of index.json found: repository → tag or digest
// → manifest.
type images map[string]map[string]manifest

// readImages reads the index and the manifests that it names, small files all.
func readImages(layout string) (images, error) {
	path := filepath.Join(layout, "index.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("there are no images in %s: %w; `lab start` builds them", layout, err)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; remove it and `lab start` builds the images again", path, err)
	}
	found := images{}
	for _, d := range index.Manifests {
		ref, err := reference(d)
		if err != nil {
			return nil, fmt.Errorf("%s: the image %s: %w", path, d.Digest, err)
		}
		if err := found.add(layout, ref.RepositoryStr(), ref.TagStr(), d); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func reference(d v1.Descriptor) (name.Tag, error) {
	if full := d.Annotations[fullName]; full != "" {
		return name.NewTag(full)
	}
	return name.NewTag(d.Annotations[refName], name.WithDefaultTag(""))
}

// add takes in a manifest under its digest and, if tag is not empty, the tag;
// for an index (many platforms) also those that it lists, as far as they are
// here.
func (s images) add(layout, repo, tag string, d v1.Descriptor) error {
	raw, err := os.ReadFile(blobPath(layout, d.Digest))
	if err != nil {
		return fmt.Errorf("the manifest of %s:%s is missing: %w; remove %s and `lab start` builds the images again",
			repo, tag, err, layout)
	}
	m := manifest{mediaType: string(d.MediaType), digest: d.Digest, raw: raw}
	if s[repo] == nil {
		s[repo] = map[string]manifest{}
	}
	s[repo][d.Digest.String()] = m
	if tag != "" {
		s[repo][tag] = m
	}
	if !d.MediaType.IsIndex() {
		return nil
	}
	var inner v1.IndexManifest
	if err := json.Unmarshal(raw, &inner); err != nil {
		return fmt.Errorf("the image index of %s:%s is damaged: %w", repo, tag, err)
	}
	for _, child := range inner.Manifests {
		if _, err := os.Stat(blobPath(layout, child.Digest)); err != nil {
			continue
		}
		if err := s.add(layout, repo, "", child); err != nil {
			return err
		}
	}
	return nil
}

// names lists repository:tag, for people.
func (s images) names() []string {
	var all []string
	for repo, refs := range s {
		for ref := range refs {
			if _, err := v1.NewHash(ref); err != nil {
				all = append(all, repo+":"+ref)
			}
		}
	}
	slices.Sort(all)
	return all
}

func blobPath(layout string, h v1.Hash) string {
	return filepath.Join(layout, "blobs", h.Algorithm, h.Hex)
}

// blobs serves the layout's files. ggcr's own disk handler reads and hashes a
// whole file to tell its size; these are content-addressed, and the client
// checks what it gets.
type blobs struct{ layout string }

func (b blobs) Stat(_ context.Context, _ string, h v1.Hash) (int64, error) {
	info, err := os.Stat(blobPath(b.layout, h))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, ggcr.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (b blobs) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) {
	f, err := os.Open(blobPath(b.layout, h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ggcr.ErrNotFound
	}
	return f, err
}
