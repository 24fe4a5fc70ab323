package agent

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A fork of this many-threaded process must not need another of its threads.
func TestAChildStartsWhileTheGarbageCollectorIsAtWork(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	stop := make(chan struct{})
	defer close(stop)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
				}
			}
		}()
	}
	fd := null.Fd()
	attr := &syscall.ProcAttr{Dir: "/", Files: []uintptr{fd, fd, fd}, Sys: &syscall.SysProcAttr{Setsid: true}}
	const forks = 1000
	done := make(chan error, forks)
	go func() {
		for range forks {
			pid, err := forkExec("/bin/true", []string{"true"}, attr)
			if err == nil {
				var status unix.WaitStatus
				if _, err = unix.Wait4(pid, &status, 0, nil); err == nil && status.ExitStatus() != 0 {
					err = fmt.Errorf("exit code %d", status.ExitStatus())
				}
			}
			done <- err
		}
	}()
	for i := range forks {
		select { // all of them may take minutes on a busy machine, one may not
		case err := <-done:
			if err != nil {
				t.Fatalf("child %d: %v", i, err)
			}
		case <-time.After(60 * time.Second):
			t.Fatalf("child %d never executed its program", i)
		}
	}
}
