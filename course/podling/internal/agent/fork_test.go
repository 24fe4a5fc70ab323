package agent

import (
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
	done := make(chan error, 1)
	go func() {
		for range 1000 {
			pid, err := forkExec("/bin/true", []string{"true"}, attr)
			if err != nil {
				done <- err
				return
			}
			var status unix.WaitStatus
			if _, err := unix.Wait4(pid, &status, 0, nil); err != nil || status.ExitStatus() != 0 {
				t.Errorf("%v, exit code %d", err, status.ExitStatus())
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("a child never executed its program")
	}
}
