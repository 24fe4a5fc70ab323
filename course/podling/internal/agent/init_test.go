package agent

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that has ended before the node has heard that it started would be
// waited for until the caller's patience ends: `kubectl exec … rm FILE` did.
func TestAProcessIsSaidToHaveStartedBeforeItIsSaidToHaveEnded(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := NewConn(os.NewFile(uintptr(pair[0]), "node")), NewConn(os.NewFile(uintptr(pair[1]), "agent"))
	defer ours.Close()
	defer theirs.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	s := &supervisor{conn: theirs, children: map[int]int{}}
	reaped := make(chan struct{})
	s.fork = func(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
		pid, err := syscall.ForkExec(path, argv, attr)
		if err != nil {
			return pid, err
		}
		go func() { // as SIGCHLD does, which comes before this function returns
			s.reap()
			reaped <- struct{}{}
		}()
		return pid, unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	}
	fds := []int{int(null.Fd()), int(null.Fd()), int(null.Fd())}
	for id := 1; id <= 1000; id++ {
		s.start(&Message{Kind: KindExec, ID: id, Process: &Process{Argv: []string{"/bin/true"}}}, fds)
		<-reaped
		for _, want := range []string{KindStarted, KindExited} {
			m, _, err := ours.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind != want || m.ID != id {
				t.Fatalf("process %d: got %s %d, want %s", id, m.Kind, m.ID, want)
			}
		}
	}
}
