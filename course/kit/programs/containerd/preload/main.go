// Preload puts the images of an OCI layout into a containerd's root folder, as
// `ctr images import --no-unpack` would, with no containerd running. The same
// layout gives the same bytes.
//
//	preload LAYOUT ROOT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// What the kubelet's images are known by: the namespace, and that no garbage
// collection may take them.
const namespace = "k8s.io"

var labels = map[string]string{
	"io.cri-containerd.image":  "managed",
	"io.cri-containerd.pinned": "pinned",
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: preload LAYOUT ROOT")
		os.Exit(2)
	}
	err := preload(os.Args[1], os.Args[2])
	if err == nil {
		err = settle(database(os.Args[2]), time.Unix(0, 0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "preload:", err)
		os.Exit(1)
	}
}

func preload(layout, root string) error {
	var index ocispec.Index
	text, err := os.ReadFile(filepath.Join(layout, ocispec.ImageIndexFile))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return fmt.Errorf("the index of %s: %w", layout, err)
	}
	db, closeDB, err := open(root)
	if err != nil {
		return err
	}
	defer closeDB()
	ctx := namespaces.WithNamespace(context.Background(), namespace)
	store := metadata.NewImageStore(db)
	for _, image := range index.Manifests {
		name := image.Annotations[images.AnnotationImageName]
		if name == "" {
			return fmt.Errorf("the image %s of %s has no name", image.Digest, layout)
		}
		if err := add(ctx, db.ContentStore(), layout, image); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		image.Annotations = nil
		if _, err := store.Create(ctx, images.Image{Name: name, Target: image, Labels: labels}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// database is where containerd's own plugin keeps what it knows of the images.
func database(root string) string {
	return filepath.Join(root, "io.containerd.metadata.v1.bolt", "meta.db")
}

// open makes or opens what containerd's own plugins keep in its root folder.
func open(root string) (*metadata.DB, func() error, error) {
	contents, err := local.NewStore(filepath.Join(root, "io.containerd.content.v1.content"))
	if err != nil {
		return nil, nil, err
	}
	path := database(root)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	file, err := bolt.Open(path, 0o644, nil)
	if err != nil {
		return nil, nil, err
	}
	db := metadata.NewDB(file, contents, nil)
	if err := db.Init(context.Background()); err != nil {
		file.Close()
		return nil, nil, err
	}
	return db, file.Close, nil
}

// add copies an image's blobs; each one's label keeps what is below it from the
// garbage collection.
func add(ctx context.Context, store content.Store, layout string, image ocispec.Descriptor) error {
	copying := images.HandlerFunc(func(ctx context.Context, d ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		blob, err := os.Open(filepath.Join(layout, ocispec.ImageBlobsDir, d.Digest.Algorithm().String(), d.Digest.Encoded()))
		if err != nil {
			return nil, err
		}
		defer blob.Close()
		d.Annotations = nil
		return nil, content.WriteBlob(ctx, store, d.Digest.String(), blob, d)
	})
	children := images.SetChildrenLabels(store, images.ChildrenHandler(store))
	return images.Walk(ctx, images.Handlers(copying, children), image)
}
