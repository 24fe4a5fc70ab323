package keeper

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

const (
	restLook  = 2 * time.Millisecond
	restLooks = 4 // in a row
	restMost  = time.Second
)

// atRest are those whose work passes on a change: from etcd to the apiserver,
// to a controller, and what that writes back again.
var atRest = []string{"etcd", "apiserver", "controller-manager"}

// rest waits until the control plane has nothing more to do about what was
// changed: at several looks in a row, no thread of it runs or waits for a
// processor. How long that takes is the machine's load, so no time would be
// right. It gives up after restMost, for others may be asking the apiserver.
func (k *Keeper) rest(ctx context.Context) {
	var pids []int
	k.mu.Lock()
	for _, c := range k.components {
		if slices.Contains(atRest, c.Name) && c.pid > 0 {
			pids = append(pids, c.pid)
		}
	}
	k.mu.Unlock()
	end := time.Now().Add(restMost)
	for idle := 0; idle < restLooks && ctx.Err() == nil && time.Now().Before(end); {
		time.Sleep(restLook)
		if slices.ContainsFunc(pids, works) {
			idle = 0
		} else {
			idle++
		}
	}
}

// works says that a thread of the process is in state R, proc(5).
func works(pid int) bool {
	stats, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "stat"))
	return slices.ContainsFunc(stats, func(path string) bool {
		stat, err := os.ReadFile(path)
		name := bytes.LastIndexByte(stat, ')') // which may hold anything
		return err == nil && name >= 0 && bytes.HasPrefix(stat[name:], []byte(") R"))
	})
}
