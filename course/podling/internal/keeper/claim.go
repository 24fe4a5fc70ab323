package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/spec"
)

// claimPort is where the owner of a loopback network listens: the claim ends
// with the process, however it ends.
const claimPort = 61000

// claimNetwork finds a free 127.K.0.0/16 and holds it. It starts at a number
// made from the state folder, so that a cluster tends to keep its addresses.
func claimNetwork(state string) (addr.Network, net.Listener, error) {
	h := fnv.New32a()
	h.Write([]byte(state))
	first := h.Sum32()
	for i := range uint32(253) {
		k := byte(2 + (first+i)%253) // not 0, 1 (localhost's own) or 255
		l, err := net.Listen("tcp", fmt.Sprintf("127.%d.255.1:%d", k, claimPort))
		if err == nil {
			return addr.Network{K: k, FirstFreePort: spec.FirstFreePort()}, l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return addr.Network{}, nil, fmt.Errorf("claim a loopback network: %w", err)
		}
	}
	return addr.Network{}, nil, errors.New("all 253 loopback networks are taken by other clusters: stop some with `lab down`")
}

// identity is run/keeper.json: a pid alone may have been given to another
// process since, so the start time (clock ticks since boot, field 22 of
// /proc/PID/stat) stands with it.
type identity struct {
	Pid       int    `json:"pid"`
	StartTime uint64 `json:"startTime"`
	K         byte   `json:"k"`
}

func writeIdentity(c *spec.Cluster) error {
	start, err := startTime(os.Getpid())
	if err != nil {
		return err
	}
	b, err := json.Marshal(identity{os.Getpid(), start, c.Network.K})
	if err != nil {
		return err
	}
	path := c.Path("run", "keeper.json")
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func startTime(pid int) (uint64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the command in parentheses and may hold spaces.
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 20 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields)+2)
	}
	var ticks uint64
	_, err = fmt.Sscan(fields[19], &ticks)
	return ticks, err
}

// lockState makes this process the only keeper of a state folder. The lock is
// the kernel's and ends with the process.
func lockState(state string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(state, "run", "keeper.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("the cluster in %s is already running: see `lab status`", state)
	}
	return f, nil
}
