package cri_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAPodStartsFast prints what a pod costs; the limit is loose, and the
// quickest one's, for loaded machines.
func TestAPodStartsFast(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		var all []time.Duration
		for i := range 10 {
			before := time.Now()
			p := n.pod(fmt.Sprintf("pod%d", i))
			created := p.create([]string{"sleep", "1000"})
			n.startCreated(created)
			all = append(all, time.Since(before))
			if i == 9 {
				executor, agent := n.runtimePids(created)
				t.Logf("executor %s; agent %s", memoryOf(executor), memoryOf(agent))
			}
		}
		slices.Sort(all)
		t.Logf("sandbox, create and start: quickest %v, median %v, worst %v", all[0], all[5], all[9])
		if all[0] > time.Second {
			t.Error("too slow")
		}
	})
}

func memoryOf(pid int) string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	var words []string
	for line := range strings.Lines(string(data)) {
		for _, name := range []string{"Rss:", "Pss:", "Private_Dirty:"} {
			if strings.HasPrefix(line, name) {
				words = append(words, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	return strings.Join(words, ", ")
}
