package task

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// killTraced ends everything that the process pid traces: the rest of a PRoot
// container whose agent was killed. It looks until a look finds nothing,
// because what it kills may just have forked; the kernel traces children from
// their first instruction.
func killTraced(pid int) {
	deadline := time.Now().Add(killTimeout)
	for time.Now().Before(deadline) {
		found := false
		for _, traced := range tracedBy(pid) {
			found = unix.Kill(traced, unix.SIGKILL) == nil || found
		}
		if !found {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func tracedBy(tracer int) (pids []int) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	line := []byte("\nTracerPid:\t" + strconv.Itoa(tracer) + "\n")
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if status, err := os.ReadFile("/proc/" + name + "/status"); err == nil && bytes.Contains(status, line) {
			pids = append(pids, pid)
		}
	}
	return pids
}
