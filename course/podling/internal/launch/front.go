package launch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// needsGuard says whether net can open the program's memory only with a
// resident launcher's help: Yama wants an ancestor, net has no privilege, and
// the keeper, at sock's other end, is no ancestor of the program either.
func needsGuard(sock int) bool {
	if PtraceScope() != 1 || mayTraceAll() {
		return false
	}
	keeper, err := unix.GetsockoptUcred(sock, unix.SOL_SOCKET, unix.SO_PEERCRED)
	return err != nil || !descends(os.Getpid(), int(keeper.Pid))
}

// warn tells a person before the program starts what a stricter Yama takes
// away; pods' logs would not be read for it, and net's has it.
func warn(o Options) {
	scope := PtraceScope()
	if o.Context == Lab && (scope == 2 && !mayTraceAll() || scope > 2) {
		fmt.Fprintln(os.Stderr, "podling-launch: the addresses of pods and Services do not work in this program:", WhyBlind(scope))
	}
}

// exited is how a resident launch ends when nothing went wrong with it.
type exited int

func (e exited) Error() string { return "exit code " + strconv.Itoa(int(e)) }

// groupWait is how long a signal may reach the guard later than the front.
const groupWait = 20 * time.Millisecond

// front starts the guard and stands for the program until that ends.
func front(o Options) error {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// What a killed guard leaves comes here, to be ended.
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signals := catch()
	if _, err := stage(o, "--guard-fd", p[1], nil); err != nil {
		return err
	}
	unix.Close(p[1])
	f := &proxy{guard: p[0], direct: make(chan syscall.Signal), pending: map[syscall.Signal]*time.Timer{}, group: map[syscall.Signal]time.Time{}}
	words := make(chan func() error)
	go f.listen(words)
	for {
		select {
		case do := <-words:
			if err := do(); err != nil {
				return err
			}
		case s := <-signals:
			f.signal(s.(syscall.Signal))
		case s := <-f.direct:
			delete(f.pending, s)
			f.pass(s)
		}
	}
}

// proxy passes signals to the program, once each. A signal to the process
// group (Ctrl-C, a kernel manager's interrupt) has reached the program
// already; that it went to the group shows in that the guard got it as well.
type proxy struct {
	guard   int
	program int
	early   []syscall.Signal // from before the program was there
	direct  chan syscall.Signal
	pending map[syscall.Signal]*time.Timer
	group   map[syscall.Signal]time.Time
}

func (f *proxy) listen(words chan func() error) {
	for {
		w, number, ok := hear(f.guard)
		words <- func() error { return f.heard(w, number, ok) }
		if !ok || w == ended {
			return
		}
	}
}

func (f *proxy) heard(w word, number uint32, ok bool) error {
	if !ok { // the guard is gone, and its descendants are ours
		endDescendants()
		return errors.New("the launcher's guard was killed: the program is ended")
	}
	switch w {
	case started:
		f.program = int(number)
		letGo()
		for _, s := range f.early {
			f.pass(s)
		}
	case groupSent:
		s := syscall.Signal(number)
		if t := f.pending[s]; t != nil && t.Stop() {
			delete(f.pending, s)
		} else {
			f.group[s] = time.Now()
		}
	case stopped:
		// A shell waits for this process, and must see it stop. Unless the
		// program runs again already.
		if state, _, _ := status(f.program); state == 'T' {
			unix.Kill(os.Getpid(), unix.SIGSTOP)
		}
	case ended:
		say(f.guard, goodbye, 0)
		return exited(mirror(syscall.WaitStatus(number)))
	}
	return nil
}

func (f *proxy) signal(s syscall.Signal) {
	if f.program == 0 {
		f.early = append(f.early, s)
		return
	}
	// An interactive shell has a process group of its own: ours is not its.
	if _, _, group := status(f.program); group != unix.Getpgrp() {
		f.pass(s)
		return
	}
	if at, ok := f.group[s]; ok {
		delete(f.group, s)
		if time.Since(at) < groupWait {
			return
		}
	}
	if f.pending[s] == nil {
		f.pending[s] = time.AfterFunc(groupWait, func() { f.direct <- s })
	}
}

func (f *proxy) pass(s syscall.Signal) { unix.Kill(f.program, s) }

// endDescendants needs this process to be a subreaper.
func endDescendants() {
	for {
		killChildren()
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return
		}
	}
}

// mirror ends this process as the program ended: by the same signal, without
// a dump of its own, or with the exit code that it returns.
func mirror(s syscall.WaitStatus) int {
	if !s.Signaled() {
		return s.ExitStatus()
	}
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	// Go's handlers would print its goroutines for some signals.
	var byDefault [4]uint64 // struct sigaction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s.Signal()), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	unix.Kill(os.Getpid(), s.Signal())
	time.Sleep(100 * time.Millisecond) // it is delivered before that
	return 128 + int(s.Signal())
}
