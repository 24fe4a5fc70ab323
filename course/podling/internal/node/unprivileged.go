package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	_ "unsafe" // for go:linkname

	_ "github.com/moby/sys/userns"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/volume/util/hostutil"
	"k8s.io/kubernetes/pkg/volume/util/subpath"
)

// inUserNS is moby's answer to 'do we run in a user namespace?'.
//
//go:linkname inUserNS github.com/moby/sys/userns.inUserNS
var inUserNS func() bool

// allowMissingKmsg lets the kubelet start where /dev/kmsg cannot be read. It
// forgives that only in a user namespace, and no option says so otherwise;
// what a user namespace lacks (writable sysctls, kmsg), an ordinary user
// lacks too.
func allowMissingKmsg() error {
	f, err := os.Open("/dev/kmsg")
	if err == nil {
		return f.Close()
	}
	inUserNS = func() bool { return true }
	return nil
}

// hostUtil is the real one, but makes no mounts.
type hostUtil struct{ hostutil.HostUtils }

func (hostUtil) MakeRShared(string) error               { return nil }
func (hostUtil) DeviceOpened(string) (bool, error)      { return false, nil }
func (hostUtil) GetSELinuxSupport(string) (bool, error) { return false, nil }

// subpather prepares subPath mounts without bind mounts of its own: the
// executor mounts the path that it is given.
type subpather struct{}

func (subpather) CleanSubPaths(string, string) error { return nil }

// PrepareSafeSubpath refuses a path that a symbolic link leads out of its volume.
func (subpather) PrepareSafeSubpath(s subpath.Subpath) (string, func(), error) {
	volume, err := filepath.EvalSymlinks(s.VolumePath)
	if err != nil {
		return "", nil, err
	}
	path, err := filepath.EvalSymlinks(s.Path)
	if err != nil {
		return "", nil, err
	}
	if path != volume && !strings.HasPrefix(path, volume+"/") {
		return "", nil, fmt.Errorf("subPath %q leads out of volume %q", s.Path, s.VolumeName)
	}
	return path, func() {}, nil
}

// SafeMakeDir makes subdir in base; os.Root keeps it inside.
func (subpather) SafeMakeDir(subdir, base string, perm os.FileMode) error {
	root, err := os.OpenRoot(base)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.MkdirAll(strings.TrimPrefix(subdir, "/"), perm.Perm())
}

// movedLogs is the real system with /var/log/containers, which belongs to
// root, inside the node's folder.
type movedLogs struct {
	kubecontainer.RealOS
	dir string
}

const containerLogs = "/var/log/containers"

func (m movedLogs) moved(path string) string {
	if rest, ok := strings.CutPrefix(path, containerLogs); ok {
		return m.dir + rest
	}
	return path
}

func (m movedLogs) MkdirAll(path string, perm os.FileMode) error {
	return m.RealOS.MkdirAll(m.moved(path), perm)
}

func (m movedLogs) Symlink(oldname, newname string) error {
	return m.RealOS.Symlink(oldname, m.moved(newname))
}

func (m movedLogs) Stat(path string) (os.FileInfo, error) { return m.RealOS.Stat(m.moved(path)) }
func (m movedLogs) Remove(path string) error              { return m.RealOS.Remove(m.moved(path)) }
func (m movedLogs) RemoveAll(path string) error           { return m.RealOS.RemoveAll(m.moved(path)) }

func (m movedLogs) ReadDir(path string) ([]os.DirEntry, error) {
	return m.RealOS.ReadDir(m.moved(path))
}

func (m movedLogs) Glob(pattern string) ([]string, error) { return m.RealOS.Glob(m.moved(pattern)) }
