// Package images keeps container images: pulls them from registries and
// archives, unpacks them as the current user, and says which are there.
package images

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"kubelab.dev/podling/internal/executor"
)

// Image is one image of the store.
type Image struct {
	ID          string    `json:"id"` // digest of its configuration
	RepoTags    []string  `json:"repoTags"`
	RepoDigests []string  `json:"repoDigests"`
	Size        int64     `json:"size"`  // bytes, compressed, as containerd counts
	Blobs       []string  `json:"blobs"` // the layers, compressed
	Config      v1.Config `json:"config"`

	Manifest, ManifestType string
	// Target is what its names name: the manifest, or an index of several
	// platforms' images.
	Target, TargetType string
}

// Store is a folder of images. Everything appears in it by rename, so that a
// crash at any moment leaves whole images only.
type Store struct {
	dir     string
	sources *Sources
	// TagsOnly is for namespaces that the CRI does not work in: it is the CRI
	// that gives each image its name by digest.
	TagsOnly bool

	pulls flights
	blobs flights
	usage usageCache

	mu      sync.Mutex
	images  map[string]*Image
	holders map[string]int // by id: containers that use its root file system
	pulling int            // pulls under way: their blobs belong to no image yet
}

// Open opens or makes the store in dir.
func Open(dir string, sources *Sources) (*Store, error) {
	if err := sources.load(); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, sources: sources, images: map[string]*Image{}, holders: map[string]int{}}
	if err := executor.RemoveAll(s.path("tmp")); err != nil {
		return nil, err
	}
	for _, name := range []string{"tmp", "blobs", "rootfs"} {
		if err := os.MkdirAll(s.path(name), 0o755); err != nil {
			return nil, fmt.Errorf("image store: %w", err)
		}
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, s.sweep()
}

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func hexOf(digest string) string { return digest[strings.IndexByte(digest, ':')+1:] }

// Rootfs is where an image is unpacked.
func (s *Store) Rootfs(id string) string { return s.path("rootfs", hexOf(id)) }

func (s *Store) load() error {
	data, err := os.ReadFile(s.path("images.json"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var list []*Image
	if err := json.Unmarshal(data, &list); err != nil {
		list = nil // half a file cannot be (rename), but one that someone edited can
	}
	for _, image := range list {
		if _, err := os.Stat(s.Rootfs(image.ID)); err == nil {
			s.images[image.ID] = image
		}
	}
	return nil
}

// save writes the index; the caller holds mu.
func (s *Store) save() error {
	list := s.sorted()
	data, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	tmp := s.path("tmp", "images.json")
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, s.path("images.json"))
}

func (s *Store) sorted() []*Image {
	list := make([]*Image, 0, len(s.images))
	for _, image := range s.images {
		list = append(list, image)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

// sweep removes what no image needs: the rest of a crash or of a removal.
func (s *Store) sweep() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweepLocked()
}

func (s *Store) sweepLocked() error {
	blobs, roots := map[string]bool{}, map[string]bool{}
	for _, image := range s.images {
		roots[hexOf(image.ID)] = true
		for _, digest := range image.files() {
			blobs[hexOf(digest)] = true
		}
	}
	for id := range s.holders {
		roots[hexOf(id)] = true
	}
	for folder, needed := range map[string]map[string]bool{"blobs": blobs, "rootfs": roots} {
		entries, err := os.ReadDir(s.path(folder))
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if !needed[entry.Name()] {
				if err := executor.RemoveAll(s.path(folder, entry.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// List gives all images, sorted by id.
func (s *Store) List() []Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Image
	for _, image := range s.sorted() {
		list = append(list, image.clone())
	}
	return list
}

// files are the blobs that an image needs.
func (i *Image) files() []string { return append([]string{i.ID, i.Manifest}, i.Blobs...) }

func (i *Image) clone() Image {
	c := *i
	c.RepoTags, c.RepoDigests = slices.Clone(i.RepoTags), slices.Clone(i.RepoDigests)
	return c
}

// Get finds an image by id (with or without its sha256:), tag or digest.
func (s *Store) Get(text string) (Image, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if image := s.find(text); image != nil {
		return image.clone(), true
	}
	return Image{}, false
}

func (s *Store) find(text string) *Image {
	if image, ok := s.images[text]; ok {
		return image
	}
	if image, ok := s.images["sha256:"+text]; ok {
		return image
	}
	full, err := Normalize(text)
	if err != nil {
		return nil
	}
	for _, image := range s.images {
		if slices.Contains(image.RepoTags, full) || slices.Contains(image.RepoDigests, full) {
			return image
		}
	}
	return nil
}

// Hold keeps an image's root file system while a container uses it.
func (s *Store) Hold(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders[id]++
}

// Release ends a Hold.
func (s *Store) Release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders[id]--; s.holders[id] > 0 {
		return
	}
	delete(s.holders, id)
	if s.images[id] == nil {
		_ = executor.RemoveAll(s.Rootfs(id))
	}
}

// Remove removes an image with all its names; it is no error if there is none.
// Containers that use it keep its files.
func (s *Store) Remove(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	image := s.find(text)
	if image == nil {
		return nil
	}
	delete(s.images, image.ID)
	if err := s.save(); err != nil {
		return err
	}
	return s.removeFiles(image)
}

func (s *Store) removeFiles(image *Image) error {
	for _, digest := range image.files() {
		if s.pulling == 0 && !s.blobNeeded(digest) {
			_ = os.Remove(s.path("blobs", hexOf(digest)))
		}
	}
	if s.holders[image.ID] > 0 {
		return nil
	}
	return executor.RemoveAll(s.Rootfs(image.ID))
}

func (s *Store) blobNeeded(digest string) bool {
	for _, image := range s.images {
		if slices.Contains(image.files(), digest) {
			return true
		}
	}
	return false
}

// add records an image under ref; the name leaves any other image.
func (s *Store) add(image *Image, ref reference.Named) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.images[image.ID]; old != nil {
		// Copies: DeleteFunc below clears what it takes out of the old one.
		image.RepoTags, image.RepoDigests = slices.Clone(old.RepoTags), slices.Clone(old.RepoDigests)
	}
	if ref != nil {
		full := ref.String()
		if _, tagged := ref.(reference.Tagged); tagged {
			for _, other := range s.images {
				other.RepoTags = slices.DeleteFunc(other.RepoTags, func(t string) bool { return t == full })
			}
			image.RepoTags = append(slices.DeleteFunc(image.RepoTags, func(t string) bool { return t == full }), full)
		}
		byDigest := ref.Name() + "@" + image.Target
		if !s.TagsOnly && !slices.Contains(image.RepoDigests, byDigest) {
			image.RepoDigests = append(image.RepoDigests, byDigest)
		}
	}
	s.images[image.ID] = image
	return s.save()
}
