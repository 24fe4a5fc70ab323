package images

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	securejoin "github.com/cyphar/filepath-securejoin"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/executor"
)

const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// unpacker lays layers over each other in one folder, as the current user:
// owners, devices, set-id bits and extended attributes are left out, which a
// container without privileges could not use. Names never lead out of root,
// whatever links a layer makes: each parent is resolved inside root.
type unpacker struct {
	root string
	// dirs holds the modes that folders get at the end, since a read-only one
	// could not be filled.
	dirs map[string]dirMeta

	lastDir, lastPath string          // the parent resolved last
	added             map[string]bool // what this layer has put, for opaque whiteouts
}

type dirMeta struct {
	mode  os.FileMode
	mtime time.Time
}

func newUnpacker(root string) *unpacker {
	return &unpacker{root: root, dirs: map[string]dirMeta{}}
}

// layer applies one layer and checks what it unpacked against diffID.
func (u *unpacker) layer(ctx context.Context, blob string, diffID v1.Hash) error {
	f, err := os.Open(blob)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := decompress(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return err
	}
	defer plain.Close()
	sum := sha256.New()
	stream := io.TeeReader(plain, sum)
	u.added, u.lastDir = map[string]bool{}, ""
	for reader := tar.NewReader(stream); ; {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err := u.entry(header, reader); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	if _, err := io.Copy(io.Discard, stream); err != nil { // padding counts
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != diffID.Hex {
		return fmt.Errorf("its content has digest sha256:%s, the image says %s", got, diffID)
	}
	return nil
}

// decompress looks at the first bytes: the media type may say anything.
func decompress(r *bufio.Reader) (io.ReadCloser, error) {
	magic, _ := r.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(r)
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// locate gives the place of a name: its parent, resolved and made, and the
// last element as it is.
func (u *unpacker) locate(name string) (full, clean string, err error) {
	clean = path.Clean("/" + name)
	if clean == "/" {
		return u.root, clean, nil
	}
	dir := path.Dir(clean)
	if dir != u.lastDir {
		parent, err := securejoin.SecureJoin(u.root, dir)
		if err != nil {
			return "", "", err
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return "", "", err
		}
		u.lastDir, u.lastPath = dir, parent
	}
	return filepath.Join(u.lastPath, path.Base(clean)), clean, nil
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	full, clean, err := u.locate(h.Name)
	if err != nil {
		return err
	}
	if base := path.Base(clean); strings.HasPrefix(base, whiteout) {
		return u.white(filepath.Dir(full), base)
	}
	if clean == "/" {
		u.dirs[full] = dirMeta{dirMode(h), h.ModTime}
		return nil
	}
	for at := full; len(at) > len(u.root) && !u.added[at]; at = filepath.Dir(at) {
		u.added[at] = true
	}
	old, statErr := os.Lstat(full)
	if statErr == nil && !(old.IsDir() && h.Typeflag == tar.TypeDir) {
		if err := u.remove(full); err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		u.dirs[full] = dirMeta{dirMode(h), h.ModTime}
		if statErr == nil && old.IsDir() {
			return nil
		}
		return os.Mkdir(full, 0o755)
	case tar.TypeReg:
		return writeFile(full, h, content)
	case tar.TypeLink:
		target, err := u.linkTarget(h.Linkname)
		if err != nil {
			return err
		}
		return os.Link(target, full)
	case tar.TypeSymlink:
		u.lastDir = "" // what was resolved may lead elsewhere now
		if err := os.Symlink(h.Linkname, full); err != nil {
			return err
		}
		when := []unix.Timespec{unix.NsecToTimespec(h.ModTime.UnixNano()), unix.NsecToTimespec(h.ModTime.UnixNano())}
		_ = unix.UtimesNanoAt(unix.AT_FDCWD, full, when, unix.AT_SYMLINK_NOFOLLOW)
		return nil
	case tar.TypeFifo:
		return unix.Mkfifo(full, uint32(fileMode(h)))
	}
	return nil // devices: a container gets its own
}

func (u *unpacker) linkTarget(name string) (string, error) {
	clean := path.Clean("/" + name)
	parent, err := securejoin.SecureJoin(u.root, path.Dir(clean))
	if err != nil {
		return "", err
	}
	return filepath.Join(parent, path.Base(clean)), nil
}

// white removes what lower layers have: one name, or all of a folder.
func (u *unpacker) white(dir, base string) error {
	if base != opaque {
		name := strings.TrimPrefix(base, whiteout)
		if name == "" || name == "." || name == ".." {
			return fmt.Errorf("broken whiteout %q", base)
		}
		return u.remove(filepath.Join(dir, name))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if full := filepath.Join(dir, entry.Name()); !u.added[full] {
			if err := u.remove(full); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unpacker) remove(full string) error {
	u.lastDir = ""
	for dir := range u.dirs {
		if dir == full || strings.HasPrefix(dir, full+"/") {
			delete(u.dirs, dir)
		}
	}
	return executor.RemoveAll(full)
}

// finish gives folders their modes and times, the deepest first.
func (u *unpacker) finish() error {
	for dir, meta := range u.dirs {
		if err := os.Chtimes(dir, meta.mtime, meta.mtime); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Chmod(dir, meta.mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func writeFile(full string, h *tar.Header, content io.Reader) error {
	f, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Chmod(fileMode(h)), f.Close()); err != nil {
		return err
	}
	return os.Chtimes(full, h.ModTime, h.ModTime)
}

// The owner can always read, and enter folders: the container's root could, and
// here it is only an ordinary user.
func fileMode(h *tar.Header) os.FileMode { return h.FileInfo().Mode().Perm() | 0o400 }

func dirMode(h *tar.Header) os.FileMode {
	mode := h.FileInfo().Mode()
	return mode.Perm() | 0o700 | mode&os.ModeSticky
}
