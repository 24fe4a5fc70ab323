package executor

import (
	"os"
	"path/filepath"
	"strconv"
)

// userns runs containers by bwrap: a user namespace with one id mapped, own
// process ids, host name, /proc and /dev.
type userns struct {
	bwrap   string
	overlay bool // else each container gets a copy of its image
}

func (u *userns) Name() string { return "userns" }

func (u *userns) Prepare(s *Spec) error {
	if !u.overlay {
		return CopyTree(s.Rootfs, filepath.Join(s.Dir, "root"))
	}
	for _, name := range []string{"upper", "work"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func (u *userns) Root(s *Spec) []string {
	if u.overlay {
		return []string{filepath.Join(s.Dir, "upper"), s.Rootfs}
	}
	return []string{filepath.Join(s.Dir, "root")}
}

// Command leaves --die-with-parent out: it means the thread that started bwrap,
// and Go may end a thread. The agent watches both the node and bwrap.
func (u *userns) Command(s *Spec) (*Command, error) {
	argv := []string{u.bwrap,
		"--unshare-user", "--unshare-pid", "--unshare-uts", "--unshare-ipc",
		"--hostname", s.Hostname,
		"--uid", strconv.FormatInt(s.UID, 10), "--gid", strconv.FormatInt(s.GID, 10),
		"--as-pid-1"}
	root := filepath.Join(s.Dir, "root")
	if u.overlay {
		root = s.Rootfs
		argv = append(argv, "--overlay-src", s.Rootfs,
			"--overlay", filepath.Join(s.Dir, "upper"), filepath.Join(s.Dir, "work"), "/")
	} else {
		argv = append(argv, "--bind", root, "/")
	}
	argv = append(argv, "--proc", "/proc", "--dev", "/dev", "--ro-bind-try", "/sys", "/sys")
	if s.Shm != "" {
		argv = append(argv, "--bind", s.Shm, "/dev/shm")
	}
	mounts, err := inOrder(root, s.Mounts)
	if err != nil {
		return nil, err
	}
	for _, m := range mounts {
		how := "--bind"
		if m.ReadOnly {
			how = "--ro-bind"
		}
		argv = append(argv, how, m.Source, m.Target)
	}
	argv = append(argv, "--ro-bind", s.Agent, AgentPath)
	if s.ReadOnlyRoot {
		argv = append(argv, "--remount-ro", "/")
	}
	for _, name := range s.Capabilities {
		argv = append(argv, "--cap-add", name)
	}
	argv = append(argv, "--chdir", "/", "--", AgentPath, "init")
	return &Command{Argv: argv, Env: childEnv(), FakeIDs: true}, nil
}
