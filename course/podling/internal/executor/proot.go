package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
)

// proot runs containers by PRoot: every path that a process names is
// translated by a tracer. It needs nothing of the machine but ptrace. It knows
// no layers, so each container gets a copy of its image, and it cannot make a
// mount read-only.
type proot struct {
	path string
	tmp  string // PRoot's own scratch folder
}

func (p *proot) Name() string { return "proot" }

func (p *proot) Root(s *Spec) []string { return []string{filepath.Join(s.Dir, "root")} }

// devices are bound one by one: the machine's whole /dev is not for containers.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty", "ptmx"}

func (p *proot) Prepare(s *Spec) error {
	root := filepath.Join(s.Dir, "root")
	if err := CopyTree(s.Rootfs, root); err != nil {
		return err
	}
	for _, dir := range []string{"proc", "sys", "tmp", "dev/pts", "dev/shm"} {
		if err := makeDir(root, dir); err != nil {
			return err
		}
	}
	for _, name := range append(devices, ".podling") {
		if err := makeFile(root, "dev/"+name); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0",
		"stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		link := filepath.Join(root, "dev", name)
		if err := os.Symlink(target, link); err != nil && !os.IsExist(err) {
			return err
		}
	}
	for _, m := range s.Mounts {
		if err := makeMountPoint(root, m); err != nil {
			return err
		}
	}
	return os.WriteFile(hostnameFile(s), []byte(s.Hostname+"\n"), 0o644)
}

// hostnameFile is what a container reads as /proc/sys/kernel/hostname.
func hostnameFile(s *Spec) string { return filepath.Join(s.Dir, "hostname") }

func (p *proot) Command(s *Spec) (*Command, error) {
	root := filepath.Join(s.Dir, "root")
	// No -k: PRoot 5.1 then breaks openat on kernels that it does not know.
	argv := []string{p.path, "-i", fmt.Sprintf("%d:%d", s.UID, s.GID), "-r", root, "-w", "/"}
	bind := func(source, target string) { argv = append(argv, "-b", source+":"+target) }
	bind("/proc", "/proc")
	bind(hostnameFile(s), "/proc/sys/kernel/hostname")
	bind("/sys", "/sys")
	for _, name := range devices {
		bind("/dev/"+name, "/dev/"+name)
	}
	bind("/dev/pts", "/dev/pts")
	if s.Shm != "" {
		bind(s.Shm, "/dev/shm")
	}
	mounts, err := inOrder(root, s.Mounts)
	if err != nil {
		return nil, err
	}
	for i, m := range mounts {
		// PRoot's separator may be in a volume's path; Kubernetes keeps it out
		// of targets.
		if strings.Contains(m.Source, ":") {
			link := filepath.Join(s.Dir, fmt.Sprintf("mount-%d", i))
			if err := os.Symlink(m.Source, link); err != nil {
				return nil, err
			}
			m.Source = link
		}
		bind(m.Source, m.Target)
	}
	bind(s.Agent, AgentPath)
	argv = append(argv, AgentPath, "init", "--old-tracer")
	return &Command{Argv: argv, Env: childEnv("PROOT_TMP_DIR=" + p.tmp), OwnPIDOne: true, Hostname: true}, nil
}

// makeMountPoint makes what a bind is put on; PRoot does without in most
// cases, but then a listing of the parent does not show it.
func makeMountPoint(root string, m Mount) error {
	info, err := os.Stat(m.Source)
	if err != nil {
		return fmt.Errorf("mount %s: %w", m.Target, err)
	}
	if info.IsDir() {
		return makeDir(root, m.Target)
	}
	return makeFile(root, m.Target)
}

func makeDir(root, path string) error {
	full, err := securejoin.SecureJoin(root, path)
	if err != nil {
		return err
	}
	return os.MkdirAll(full, 0o755)
}

func makeFile(root, path string) error {
	full, err := securejoin.SecureJoin(root, path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(full, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}
