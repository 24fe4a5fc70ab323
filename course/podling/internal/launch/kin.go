package launch

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// status is what /proc says of a process: its state (R, S, T…), its parent and its group.
func status(pid int) (state byte, parent, group int) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, 0
	}
	// The command may hold spaces and brackets: what follows its end counts.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 3 {
		return 0, 0, 0
	}
	parent, _ = strconv.Atoi(f[1])
	group, _ = strconv.Atoi(f[2])
	return f[0][0], parent, group
}

// descends says whether ancestor is pid or one of its ancestors. A process
// that /proc does not show has the number 0.
func descends(pid, ancestor int) bool {
	for pid > 0 && pid != ancestor {
		_, pid, _ = status(pid)
	}
	return pid == ancestor && pid > 0
}

// killChildren ends this process's children. Their children become this
// process's own, for it is a subreaper: who reaps and calls it again until no
// child is left has ended every descendant.
func killChildren() {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	self := os.Getpid()
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if _, parent, _ := status(pid); parent == self {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// yamaFile does not exist without Yama; tests put another there.
var yamaFile = "/proc/sys/kernel/yama/ptrace_scope"

// PtraceScope is kernel.yama.ptrace_scope; 0 also where there is no Yama.
func PtraceScope() int {
	b, err := os.ReadFile(yamaFile)
	if err != nil {
		return 0
	}
	scope, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return scope
}

// mayTraceAll says whether this process has CAP_SYS_PTRACE, which Yama lets
// open any program's memory (in scopes 1 and 2).
func mayTraceAll() bool {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), "\nCapEff:")
	line, _, _ := strings.Cut(rest, "\n")
	caps, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return err == nil && caps&(1<<unix.CAP_SYS_PTRACE) != 0
}

// WhyBlind says why net cannot open a program's memory, by the machine's
// kernel.yama.ptrace_scope, and what to do. Scope 1 alone is no reason: the
// keeper and resident launchers open it.
func WhyBlind(scope int) string {
	switch scope {
	case 0:
		return "the program must run as the user who runs the cluster, and not forbid to be traced (PR_SET_DUMPABLE)"
	case 1:
		return "kernel.yama.ptrace_scope is 1, which lets only a program's ancestor open it, and its launcher was ended: start the program again"
	case 2:
		return "kernel.yama.ptrace_scope is 2, which leaves it to root, so only containers in user namespaces have the pod network: set it to 1 (sudo sysctl kernel.yama.ptrace_scope=1), or run the cluster as root"
	}
	return "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the machine is started again with 0, 1 or 2"
}
