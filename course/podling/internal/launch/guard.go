package launch

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A resident launcher is three processes:
//
//	front    the process that was started: it is waited for, signalled and
//	         stopped in the program's place, and ends as the program ends
//	 └ guard   opens the memory of its descendants for net, until the last is gone
//	    └ program
//
// The guard is a process of its own because a daemon that the program leaves
// behind needs an opener still when the front has ended; and because each of
// the two sees the other die, whatever the signal, and then ends everything.

// word is what front and guard say to each other; a number goes with it.
type word byte

const (
	started   word = 'P' // the program, by pid
	groupSent word = 'S' // the guard got a signal too: it went to the whole process group
	stopped   word = 'T' // the program was stopped
	ended     word = 'X' // the program's wait status
	goodbye   word = 'B' // the front ends because the program did
)

func say(sock int, w word, number uint32) error {
	return again(func() error {
		return unix.Sendmsg(sock, binary.NativeEndian.AppendUint32([]byte{byte(w)}, number), nil, nil, unix.MSG_NOSIGNAL)
	})
}

// hear waits for the next word; false when the other one is gone.
func hear(sock int) (w word, number uint32, ok bool) {
	said, fds, err := receiveFrom(sock)
	closeAll(fds)
	if err != nil || len(said) != 5 {
		return 0, 0, false
	}
	return word(said[0]), binary.NativeEndian.Uint32(said[1:]), true
}

// stage starts this program again for the next part of a resident launch.
// keep is a descriptor that it inherits, by its number: the others that the
// program is to inherit keep theirs.
func stage(o Options, flag string, keep int, sys *syscall.SysProcAttr) (int, error) {
	if _, err := unix.FcntlInt(uintptr(keep), unix.F_SETFD, 0); err != nil {
		return 0, err
	}
	defer unix.CloseOnExec(keep)
	argv := append([]string{os.Args[0], "launch", flag + "=" + strconv.Itoa(keep)}, o.given...)
	pid, err := syscall.ForkExec("/proc/self/exe", argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: sys})
	if err != nil {
		return 0, fmt.Errorf("start the launcher's next part: %w", err)
	}
	return pid, nil
}

// letGo closes what was inherited for the program alone: an end of a pipe,
// kept open here, would keep its other end waiting.
func letGo() {
	if null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0); err == nil {
		for fd := range 3 {
			unix.Dup3(null, fd, 0)
		}
		unix.Close(null)
	}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		if fd < 3 {
			continue
		}
		// Our own are all closed on exec, Go's as well.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
		}
	}
}

// guard is the guard's whole life; it returns when no descendant is left.
func guard(o Options) error {
	front, frontPID := o.guardFD, os.Getppid()
	unix.CloseOnExec(front)
	o.given = o.given[1:] // without --guard-fd, which stage put first
	// The program's parent-death signal comes when this thread ends.
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	os.WriteFile("/proc/self/comm", []byte("podling-guard"), 0) // "exe" says nothing in ps
	signals := catch()
	ask, serve, err := openerPair()
	if err != nil {
		return err
	}
	program, err := stage(o, "--opener-fd", ask, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
	unix.Close(ask)
	if err != nil {
		return err
	}
	letGo()
	unix.Chdir("/")
	say(front, started, uint32(program))
	go serveOpens(serve)
	go func() {
		for s := range signals {
			say(front, groupSent, uint32(s.(syscall.Signal)))
		}
	}()
	var ending atomic.Bool
	go func() {
		if w, _, ok := hear(front); !ok || w != goodbye {
			ending.Store(true)
			killChildren()
			return
		}
		unix.Setsid() // a shell's job is over; what stays is nobody's job
	}()
	for {
		var s syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &s, syscall.WUNTRACED|syscall.WCONTINUED, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return nil
		case pid == program && s.Stopped():
			say(front, stopped, 0)
		case pid == program && s.Continued():
			// By one who knows the program's pid and not the front's.
			if state, _, _ := status(frontPID); state == 'T' && frontPID == os.Getppid() {
				unix.Kill(frontPID, unix.SIGCONT)
			}
		case pid == program:
			say(front, ended, uint32(s))
		}
		if ending.Load() {
			killChildren()
		}
	}
}

// catch takes every signal that a front passes on. One that is ignored here
// (nohup) stays so: the program inherits that.
func catch() chan os.Signal {
	c := make(chan os.Signal, 64)
	for _, s := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGABRT, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGALRM, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH,
	} {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return c
}
