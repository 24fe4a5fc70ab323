package images

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Export writes images as an archive that both containerd and docker read: an
// OCI image layout, with docker's manifest.json beside the index. The same
// images give the same bytes.
func (s *Store) Export(ctx context.Context, w io.Writer, names []string, platform string) error {
	if platform != "" && platform != "linux/"+runtime.GOARCH && platform != runtime.GOARCH {
		return fmt.Errorf("no match for platform in manifest: %s is not here, linux/%s is: %w", platform, runtime.GOARCH, ErrNotFound)
	}
	files := map[string]int64{} // blobs by hex
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	docker := []dockerImage{}
	for _, name := range names {
		image, ok := s.Named(name)
		if !ok {
			return fmt.Errorf("image %q: %w", name, ErrNotFound)
		}
		for _, digest := range image.files() {
			info, err := os.Stat(s.path("blobs", hexOf(digest)))
			if err != nil {
				return fmt.Errorf("content digest %s: %w", digest, ErrNotFound)
			}
			files[hexOf(digest)] = info.Size()
		}
		index.Manifests = append(index.Manifests, image.descriptor(name, files[hexOf(image.Manifest)]))
		docker = addDocker(docker, image, name)
	}
	return s.writeArchive(ctx, tar.NewWriter(w), files, index, docker)
}

// Named finds an image by exactly this name: a full tag, a digest or the
// image's id, as containerd lists them.
func (s *Store) Named(name string) (Image, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, image := range s.images {
		if image.ID == name || slices.Contains(image.RepoTags, name) || slices.Contains(image.RepoDigests, name) {
			return image.clone(), true
		}
	}
	return Image{}, false
}

func (i *Image) descriptor(name string, size int64) v1.Descriptor {
	digest, _ := v1.NewHash(i.Manifest)
	annotations := map[string]string{}
	if ref, err := reference.ParseNormalizedNamed(name); err == nil {
		annotations[containerdName] = name
		if tagged, ok := ref.(reference.Tagged); ok {
			annotations[ociRefName] = tagged.Tag()
		}
	}
	return v1.Descriptor{MediaType: types.MediaType(i.ManifestType), Digest: digest, Size: size,
		Annotations: annotations, Platform: &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}}
}

// dockerImage is an entry of docker's manifest.json.
type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func addDocker(all []dockerImage, image Image, name string) []dockerImage {
	blob := func(digest string) string { return "blobs/sha256/" + hexOf(digest) }
	one := dockerImage{Config: blob(image.ID), RepoTags: []string{}, Layers: []string{}}
	for _, layer := range image.Blobs {
		one.Layers = append(one.Layers, blob(layer))
	}
	if ref, err := reference.ParseNormalizedNamed(name); err == nil {
		if _, tagged := ref.(reference.Tagged); tagged {
			one.RepoTags = append(one.RepoTags, reference.FamiliarString(ref))
		}
	}
	for i := range all {
		if all[i].Config == one.Config {
			all[i].RepoTags = append(all[i].RepoTags, one.RepoTags...)
			return all
		}
	}
	return append(all, one)
}

func (s *Store) writeArchive(ctx context.Context, w *tar.Writer, files map[string]int64, index v1.IndexManifest, docker []dockerImage) error {
	for _, dir := range []string{"blobs/", "blobs/sha256/"} {
		if err := w.WriteHeader(&tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
			return err
		}
	}
	for _, hex := range sortedKeys(files) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.writeFile(w, hex, files[hex]); err != nil {
			return err
		}
	}
	sort.SliceStable(index.Manifests, func(i, j int) bool {
		return index.Manifests[i].Annotations[containerdName] < index.Manifests[j].Annotations[containerdName]
	})
	for _, f := range []struct {
		name    string
		content any
	}{{"index.json", index}, {"manifest.json", docker}, {"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}}} {
		content, err := json.Marshal(f.content)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	return w.Close()
}

func (s *Store) writeFile(w *tar.Writer, hex string, size int64) error {
	f, err := os.Open(s.path("blobs", hex))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.WriteHeader(&tar.Header{Name: path.Join("blobs/sha256", hex), Mode: 0o444, Size: size}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// ImportFrom is Import of an archive that comes as a stream.
func (s *Store) ImportFrom(ctx context.Context, in io.Reader) ([]Imported, error) {
	f, err := os.CreateTemp(s.path("tmp"), "archive-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, in)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	all, err := s.Import(ctx, f.Name())
	if err != nil {
		return nil, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), f.Name(), "the archive"))
	}
	return all, nil
}

// Tag gives an image one more name.
func (s *Store) Tag(source, target string, force bool) error {
	ref, err := reference.ParseNamed(target) // containerd wants it in full
	if err != nil {
		return fmt.Errorf("%q is not a full name, such as docker.io/library/nginx:1: %w", target, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var image *Image
	for _, one := range s.images {
		if slices.Contains(one.RepoTags, source) || slices.Contains(one.RepoDigests, source) || one.ID == source {
			image = one
		}
	}
	if image == nil {
		return fmt.Errorf("image %q: %w", source, ErrNotFound)
	}
	for _, other := range s.images {
		if !slices.Contains(other.RepoTags, ref.String()) {
			continue
		}
		if !force {
			return fmt.Errorf("image %q: already exists", ref)
		}
		other.RepoTags = slices.DeleteFunc(other.RepoTags, func(t string) bool { return t == ref.String() })
	}
	image.RepoTags = append(image.RepoTags, ref.String())
	return s.save()
}

// Untag takes a name away, and with its last name the image.
func (s *Store) Untag(name string) error {
	image, ok := s.Named(name)
	if !ok {
		return fmt.Errorf("image %q: %w", name, ErrNotFound)
	}
	if name == image.ID {
		return s.Remove(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.images[image.ID]
	other := func(n string) bool { return n == name }
	own.RepoTags, own.RepoDigests = slices.DeleteFunc(own.RepoTags, other), slices.DeleteFunc(own.RepoDigests, other)
	if len(own.RepoTags)+len(own.RepoDigests) == 0 {
		delete(s.images, own.ID)
	}
	if err := s.save(); err != nil || s.images[own.ID] != nil {
		return err
	}
	return s.removeFiles(own)
}
