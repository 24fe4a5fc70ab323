package agent

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// killTimeout is when killing is given up: a process in the kernel cannot
	// be hurried.
	killTimeout = time.Second
	// lookAgain is how often the tree is looked at anew, because a process may
	// have forked while it was looked at.
	lookAgain = 10 * time.Millisecond
)

// killDescendants ends everything below this process and reaps it. Orphans
// come to this process (it is a subreaper), so it is done when there is no
// child left to wait for.
func killDescendants() {
	for deadline := time.Now().Add(killTimeout); time.Now().Before(deadline); {
		killBelow(os.Getpid())
		for again := time.Now().Add(lookAgain); time.Now().Before(again); {
			pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
			switch {
			case err == unix.ECHILD:
				return
			case err == nil && pid == 0:
				time.Sleep(500 * time.Microsecond) // SIGCHLD tells of children only once
			}
		}
	}
}

// killBelow sends SIGKILL to all descendants of pid.
func killBelow(pid int) {
	for _, child := range descendants(pid) {
		_ = unix.Kill(child, unix.SIGKILL)
	}
}

// descendants lists the processes below pid. In a PRoot container /proc is the
// machine's, so the tree is walked.
func descendants(pid int) (below []int) {
	children := childrenOf
	if _, ok := childrenOf(pid); !ok { // a kernel without lists of children
		all := readParents()
		children = func(pid int) ([]int, bool) { return all[pid], true }
	}
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		list, _ := children(queue[0])
		below = append(below, list...)
		queue = append(queue, list...)
	}
	return below
}

// childrenOf reads the kernel's lists, one a thread.
func childrenOf(pid int) (children []int, ok bool) {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task"
	threads, err := readNames(tasks)
	if err != nil {
		return nil, false
	}
	for _, thread := range threads {
		list, err := os.ReadFile(tasks + "/" + thread + "/children")
		if err != nil {
			continue
		}
		ok = true
		for _, text := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(text); err == nil {
				children = append(children, child)
			}
		}
	}
	return children, ok
}

// readParents looks at all processes.
func readParents() map[int][]int {
	children := map[int][]int{}
	names, _ := readNames("/proc")
	for _, name := range names {
		child, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue
		}
		// The name is in brackets and may itself hold brackets and blanks.
		text := string(stat)
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		if len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], child)
		}
	}
	return children
}

func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
