package podnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/launch"
)

// supervisor answers one listener's notifications.
type supervisor struct {
	*launch.Listener
	rules   *rules
	log     *slog.Logger
	file    *os.File // the listener, in Go's poller
	journal *journal
	memo    memo
	flows   flows
	v6only  v6only
	refused bool      // see Config.Refused
	blinded sync.Once // its log line
	working sync.WaitGroup
}

func newSupervisor(l *launch.Listener, r *rules, log *slog.Logger) (*supervisor, []int, error) {
	j, recovered, err := openJournal(l.Journal)
	if err != nil {
		return nil, nil, err
	}
	// Wake the caller on this CPU, which is what it waits for (Linux 6.6).
	unix.Syscall(unix.SYS_IOCTL, uintptr(l.FD), unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	// Non-blocking, os.File waits for it without a thread of its own.
	if err := unix.SetNonblock(l.FD, true); err != nil {
		j.close()
		return nil, nil, fmt.Errorf("poll a listener: %w", err)
	}
	s := &supervisor{Listener: l, rules: r, log: log.With("program", l.Name, "pid", l.PID), journal: j, file: os.NewFile(uintptr(l.FD), "listener")}
	return s, recovered, nil
}

// run answers until the last process under the filter is gone or ctx is done.
func (s *supervisor) run(ctx context.Context, recovered []int) error {
	stop := context.AfterFunc(ctx, func() { s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	defer s.close()
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	for _, slot := range recovered {
		s.start(slot)
	}
	for {
		gone := false
		err := raw.Read(func(fd uintptr) bool {
			var wait bool
			gone, wait = s.step(int(fd))
			return !wait
		})
		if gone || errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wait for calls: %w", err)
		}
	}
}

// step takes one notification, if there is one.
func (s *supervisor) step(fd int) (gone, wait bool) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(p, 0); err != nil {
		return false, false // EINTR: again
	}
	switch {
	case p[0].Revents&unix.POLLIN != 0:
	case p[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0:
		return true, false
	default:
		return false, true
	}
	slot := <-s.journal.free
	n := s.journal.at(slot)
	if errno := ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(n)); errno != 0 {
		s.journal.done(slot)
		if errno != unix.ENOENT { // ENOENT: its caller was killed meanwhile
			s.log.Error("cannot take a call", "error", errno)
			time.Sleep(10 * time.Millisecond) // not as fast as the log can grow
		}
		return false, false
	}
	s.start(slot)
	return false, false
}

func (s *supervisor) start(slot int) {
	s.working.Add(1)
	go func() {
		defer s.working.Done()
		s.answer(*s.journal.at(slot))
		s.journal.done(slot)
	}()
}

// answer replies to one call, whatever happens on the way: a caller that gets
// no answer hangs.
func (s *supervisor) answer(n notification) {
	r := proceed(n.ID)
	func() {
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("a fault in net: the call goes on as it was", "call", n.Nr, "fault", p)
			}
		}()
		r = s.handle(n)
	}()
	if n.Nr == unix.SYS_KILL && r.Flags != 0 {
		r = refuse(n.ID, unix.EPERM) // never on to the machine's own pid 1
	}
	if err := reply(s.FD, r); err != nil {
		s.log.Error("cannot answer a call", "call", n.Nr, "error", err)
	}
}

func (s *supervisor) handle(n notification) response {
	switch n.Nr {
	case unix.SYS_BIND:
		return s.address(n, callBind, n.Args[1], n.Args[2])
	case unix.SYS_CONNECT:
		return s.address(n, callConnect, n.Args[1], n.Args[2])
	case unix.SYS_SENDTO:
		return s.address(n, callSend, n.Args[4], n.Args[5])
	case unix.SYS_SETSOCKOPT:
		return s.setV6Only(n)
	case unix.SYS_UNAME:
		return s.uname(n)
	case unix.SYS_KILL:
		return s.kill(n)
	}
	return proceed(n.ID)
}

// close waits for the calls in work, then gives everything back. The
// journal's page must not vanish under them.
func (s *supervisor) close() {
	s.working.Wait()
	s.file.Close() // closes FD
	s.FD = -1
	s.journal.close()
	s.Listener.Close()
}
