// Package executor turns a container into a command line: bwrap where user
// namespaces are open, PRoot where they are not. Which one works is found out
// by trying, never by guessing from the machine.
package executor

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
)

// AgentPath is where a container finds the agent that is its pid 1.
const AgentPath = "/dev/.podling"

// Mount binds a file or a folder of the machine into a container.
type Mount struct {
	Source   string
	Target   string
	ReadOnly bool
}

// Spec is a container as an executor needs it.
type Spec struct {
	Rootfs       string // the unpacked image: shared, never written to
	Dir          string // the container's own folder, for its writable layer
	Agent        string // podling-launch on the machine
	Hostname     string
	UID, GID     int64
	Capabilities []string // CAP_…, inside the user namespace
	ReadOnlyRoot bool
	Mounts       []Mount
	Shm          string // the pod's /dev/shm
}

// Command starts a container; the agent's control socket is its fd 3.
type Command struct {
	Argv []string
	Env  []string
	// What the seccomp filter must do that the executor cannot.
	FakeIDs   bool // setuid, chown and the like succeed and do nothing
	OwnPIDOne bool // kill(1) and kill(-1) mean the container, not the machine
	Hostname  bool // the host name is Spec.Hostname, not the machine's
}

// Executor runs containers in one way.
type Executor interface {
	// Name is what people see: "userns" or "proot".
	Name() string
	// Prepare makes the writable layer below Spec.Dir.
	Prepare(*Spec) error
	// Command may be called after Prepare.
	Command(*Spec) (*Command, error)
	// Root is where the container's files can be read from the machine: the
	// folders to look in, first match wins.
	Root(*Spec) []string
}

// inOrder sorts mounts so that a parent comes before what is mounted in it,
// with targets resolved against the image (its symbolic links must not lead
// out of it).
func inOrder(root string, mounts []Mount) ([]Mount, error) {
	sorted := make([]Mount, 0, len(mounts))
	for _, m := range mounts {
		path, err := securejoin.SecureJoin(root, m.Target)
		if err != nil {
			return nil, fmt.Errorf("mount %s: %w", m.Target, err)
		}
		m.Target = "/" + strings.TrimPrefix(strings.TrimPrefix(path, filepath.Clean(root)), "/")
		sorted = append(sorted, m)
	}
	sort.SliceStable(sorted, func(i, j int) bool {
		return strings.Count(sorted[i].Target, "/") < strings.Count(sorted[j].Target, "/")
	})
	return sorted, nil
}

// childEnv is the environment of bwrap, PRoot and the agent; the container's
// own comes with the start message. One Go processor keeps the agent small.
func childEnv(more ...string) []string {
	return append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "GOMAXPROCS=1", "GOTRACEBACK=none"}, more...)
}
