package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"kubelab.dev/podling/internal/executor"
)

// layersAtOnce is how many layers of one image are fetched side by side.
const layersAtOnce = 3

// Pull fetches and unpacks an image and returns its id. Pulls of one reference
// at a time are one pull.
func (s *Store) Pull(ctx context.Context, text string, auth *Auth) (string, error) {
	ref, err := parse(text)
	if err != nil {
		return "", err
	}
	key := ref.String()
	if auth != nil { // another login may see another answer
		key = fmt.Sprintf("%s %v", key, *auth)
	}
	id, err := s.pulls.do(ctx, key, func(ctx context.Context) (string, error) {
		desc, err := s.resolve(ctx, ref, auth)
		if err != nil {
			return "", fmt.Errorf("failed to resolve reference %q: %w", ref, err)
		}
		image, err := desc.Image()
		if err != nil {
			return "", err
		}
		return s.keep(ctx, image, ref, desc.Digest.String())
	})
	if err != nil {
		return "", fmt.Errorf("failed to pull and unpack image %q: %w", ref, err)
	}
	return id, nil
}

// keep brings an image into the store under ref (nil: no name). digest is that
// of the manifest or index that ref names.
func (s *Store) keep(ctx context.Context, image v1.Image, ref reference.Named, digest string) (string, error) {
	s.mu.Lock()
	s.pulling++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.pulling--
		s.mu.Unlock()
	}()

	config, err := image.ConfigFile()
	if err != nil {
		return "", fmt.Errorf("read the image's configuration: %w", err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return "", err
	}
	record := &Image{ID: manifest.Config.Digest.String(), Config: config.Config, Size: manifest.Config.Size}
	if record.Size == 0 {
		record.Size = int64(len(manifest.Config.Data))
	}
	layers, err := image.Layers()
	if err != nil {
		return "", err
	}
	if len(layers) != len(config.RootFS.DiffIDs) {
		return "", fmt.Errorf("broken image: %d layers, %d in its configuration", len(layers), len(config.RootFS.DiffIDs))
	}
	if err := s.fetchLayers(ctx, layers, record); err != nil {
		return "", err
	}
	if err := s.unpackAll(ctx, record, config.RootFS.DiffIDs); err != nil {
		return "", err
	}
	if err := s.add(record, ref, digest); err != nil {
		return "", err
	}
	return record.ID, nil
}

func (s *Store) fetchLayers(ctx context.Context, layers []v1.Layer, record *Image) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(layersAtOnce)
	for _, layer := range layers {
		digest, err := layer.Digest()
		if err != nil {
			return err
		}
		size, err := layer.Size()
		if err != nil {
			return err
		}
		record.Blobs = append(record.Blobs, digest.String())
		record.Size += size
		group.Go(func() error {
			_, err := s.blobs.do(inner, digest.String(), func(ctx context.Context) (string, error) {
				return "", s.fetchBlob(ctx, layer, digest)
			})
			return err
		})
	}
	return group.Wait()
}

// fetchBlob stores one compressed layer, checked against its digest.
func (s *Store) fetchBlob(ctx context.Context, layer v1.Layer, digest v1.Hash) (err error) {
	final := s.path("blobs", digest.Hex)
	if _, err := os.Stat(final); err == nil {
		return nil
	}
	in, err := layer.Compressed()
	if err != nil {
		return fmt.Errorf("fetch layer %s: %w", digest, err)
	}
	defer in.Close()
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	out, err := os.CreateTemp(s.path("tmp"), "blob-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	got, _, err := v1.SHA256(io.TeeReader(in, out))
	if err = errors.Join(err, out.Close(), ctx.Err()); err != nil {
		return fmt.Errorf("fetch layer %s: %w", digest, err)
	}
	if got != digest {
		return fmt.Errorf("fetch layer %s: what came has digest %s", digest, got)
	}
	return os.Rename(out.Name(), final)
}

// unpackAll makes the image's root file system, unless it is there.
func (s *Store) unpackAll(ctx context.Context, record *Image, diffIDs []v1.Hash) error {
	final := s.Rootfs(record.ID)
	_, err := s.blobs.do(ctx, "unpack "+record.ID, func(ctx context.Context) (_ string, err error) {
		if _, err := os.Stat(final); err == nil {
			return "", nil
		}
		tmp, err := os.MkdirTemp(s.path("tmp"), "rootfs-")
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, executor.RemoveAll(tmp)) }()
		root := filepath.Join(tmp, "root")
		if err := os.Mkdir(root, 0o755); err != nil {
			return "", err
		}
		u := newUnpacker(root)
		for i, digest := range record.Blobs {
			if err := u.layer(ctx, s.path("blobs", hexOf(digest)), diffIDs[i]); err != nil {
				return "", fmt.Errorf("unpack layer %s: %w", digest, err)
			}
		}
		if err := u.finish(); err != nil {
			return "", err
		}
		return "", os.Rename(root, final)
	})
	return err
}
