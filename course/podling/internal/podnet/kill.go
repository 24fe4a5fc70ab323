package podnet

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kill is kill(1) or kill(-1) in a container without a pid namespace. It
// means the container's own first process: the agent.
func (s *supervisor) kill(n notification) response {
	sig := unix.Signal(int32(n.Args[1]))
	if sig < 0 || sig > 64 {
		return refuse(n.ID, unix.EINVAL)
	}
	if !valid(s.FD, n.ID) {
		return refuse(n.ID, unix.EPERM)
	}
	// As in a pid namespace, the first process is safe from these.
	if sig == 0 || sig == unix.SIGKILL || sig == unix.SIGSTOP {
		return succeed(n.ID)
	}
	agent, err := firstChild(s.PID)
	if err == nil {
		err = unix.Kill(agent, sig)
	}
	if err != nil {
		s.log.Warn("a signal to pid 1 was lost", "signal", sig, "error", err)
		return refuse(n.ID, unix.EPERM)
	}
	return succeed(n.ID)
}

// firstChild is the oldest living child of a process.
func firstChild(pid int) (int, error) {
	// One list a thread; the kernel may have been built without them.
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)); err == nil {
		if f := strings.Fields(string(b)); len(f) > 0 {
			return strconv.Atoi(f[0])
		}
	}
	first := 0
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err == nil && parentOf(child) == pid && (first == 0 || child < first) {
			first = child
		}
	}
	if first == 0 {
		return 0, fmt.Errorf("process %d has no child", pid)
	}
	return first, nil
}

func parentOf(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The command may hold spaces and brackets: what follows its end counts.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(f[1])
	return parent
}
