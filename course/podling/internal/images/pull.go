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
	return s.PullBy(ctx, text, How{Auth: auth})
}

// PullBy is Pull with a word on how.
func (s *Store) PullBy(ctx context.Context, text string, how How) (string, error) {
	ref, err := parse(text)
	if err != nil {
		return "", err
	}
	key := ref.String()
	if how.Auth != nil { // another login may see another answer
		key = fmt.Sprintf("%s %v", key, *how.Auth)
	}
	if how.Direct {
		key += " by " + how.HostsDir
	}
	id, err := s.pulls.do(ctx, key, func(ctx context.Context) (string, error) {
		desc, err := s.resolve(ctx, ref, how)
		if err != nil {
			return "", fmt.Errorf("failed to resolve reference %q: %w", ref, err)
		}
		image, err := desc.Image()
		if err != nil {
			return "", err
		}
		return s.keep(ctx, image, ref, v1.Descriptor{Digest: desc.Digest, MediaType: desc.MediaType})
	})
	if err != nil {
		return "", fmt.Errorf("failed to pull and unpack image %q: %w", ref, err)
	}
	return id, nil
}

// keep brings an image into the store under ref (nil: no name). target is the
// manifest or the index that ref names; the zero one means the image's own.
func (s *Store) keep(ctx context.Context, image v1.Image, ref reference.Named, target v1.Descriptor) (string, error) {
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
	if err := s.keepDescription(image, record, target); err != nil {
		return "", err
	}
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
	if err := s.add(record, ref); err != nil {
		return "", err
	}
	return record.ID, nil
}

// keepDescription stores an image's manifest and configuration as they came:
// exported, they must have the same digests.
func (s *Store) keepDescription(image v1.Image, record *Image, target v1.Descriptor) error {
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	kind, err := image.MediaType()
	if err != nil {
		return err
	}
	record.Manifest, record.ManifestType = digest.String(), string(kind)
	record.Target, record.TargetType = record.Manifest, record.ManifestType
	if target.Digest.Hex != "" {
		record.Target, record.TargetType = target.Digest.String(), string(target.MediaType)
	}
	manifest, err := image.RawManifest()
	if err != nil {
		return err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{record.Manifest: manifest, record.ID: config} {
		if err := s.writeBlob(hexOf(name), content); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writeBlob(hex string, content []byte) error {
	out, err := os.CreateTemp(s.path("tmp"), "blob-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = out.Write(content)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), s.path("blobs", hex))
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
