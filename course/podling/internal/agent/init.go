package agent

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// parentDied is the signal that the kernel sends when the executor (bwrap or
// PRoot) dies. It is one that nothing else uses, because the usual ones are
// passed on to the main process: `kill 1` in a container reaches the image's
// process.
const parentDied = unix.SIGPWR

// forwarded are the signals that someone in the container may send to pid 1.
var forwarded = []os.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT,
	unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH, unix.SIGCONT, unix.SIGALRM}

// supervisor owns the container's processes.
type supervisor struct {
	conn *Conn
	fork func(path string, argv []string, attr *syscall.ProcAttr) (int, error)

	// mu is held over a start and over reaping, so that a child cannot be
	// reaped, nor its end be told, before its start is written down and told.
	mu       sync.Mutex
	children map[int]int // pid → id of the message that started it
	main     int         // pid of the main process, 0 before the start
}

// Flags of `podling-launch init`.
const (
	FlagCheck     = "--check"      // only say that a container works
	FlagOldTracer = "--old-tracer" // the executor is PRoot, see unknownToPRoot
)

// Main is `podling-launch init`. It returns the exit status.
func Main(args []string) int {
	fork := syscall.ForkExec
	for _, arg := range args {
		switch arg {
		case FlagOldTracer:
			fork = forkExec
			if err := hideLaterCalls(); err != nil {
				fmt.Fprintln(os.Stderr, "podling-launch init:", err)
				return 2
			}
		case FlagCheck:
			return check()
		default:
			fmt.Fprintf(os.Stderr, "podling-launch init: unknown argument %q\n", arg)
			return 2
		}
	}
	debug.SetGCPercent(20) // it lives long and allocates little
	debug.SetMemoryLimit(4 << 20)
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(parentDied), 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(namePointer("podling-init")), 0, 0, 0)
	unix.CloseOnExec(ControlFD)
	if err := unix.SetNonblock(ControlFD, true); err != nil {
		fmt.Fprintln(os.Stderr, "podling-launch init: no control socket on fd 3; it is started by `podling node`, not by hand")
		return 2
	}
	s := &supervisor{
		conn:     NewConn(os.NewFile(ControlFD, "control")),
		children: map[int]int{},
		fork:     fork,
	}
	if err := s.hello(); err != nil {
		return 137 // the node is gone
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, append(forwarded, unix.SIGCHLD, parentDied)...)
	gone := make(chan struct{})
	go s.serve(gone)
	return s.loop(signals, gone)
}

// check proves that an executor gives a container: pid 1 or not, a root that
// can be written to and the usual files.
func check() int {
	for _, path := range []string{"/.podling-check", "/etc/.podling-check"} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, "podling-launch init --check:", err)
			return 1
		}
	}
	for _, path := range []string{"/proc/self/stat", "/dev/null"} {
		if _, err := os.Stat(path); err != nil {
			fmt.Fprintln(os.Stderr, "podling-launch init --check:", err)
			return 1
		}
	}
	return 0
}

// hello sends the pipe that ends with this process.
func (s *supervisor) hello() error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	defer unix.Close(pipe[0])
	return s.conn.Send(&Message{Kind: KindHello, ID: MainID, PID: os.Getpid()}, pipe[0])
}

// loop reaps and forwards until the main process ends or nobody is left to
// report to.
func (s *supervisor) loop(signals <-chan os.Signal, gone <-chan struct{}) int {
	for {
		select {
		case <-gone:
			s.killAll()
			return 137
		case sig := <-signals:
			switch sig {
			case unix.SIGCHLD:
				if code, ended := s.reap(); ended {
					s.killAll()
					return code
				}
			case parentDied:
				s.killAll()
				return 137
			default:
				s.signal(MainID, sig.(syscall.Signal))
			}
		}
	}
}

// serve answers the node until the connection ends.
func (s *supervisor) serve(gone chan<- struct{}) {
	defer close(gone)
	for {
		m, fds, err := s.conn.Receive()
		if err != nil {
			return
		}
		switch m.Kind {
		case KindStart, KindExec:
			s.start(m, fds)
			closeAll(fds)
		case KindSignal:
			s.signal(m.ID, syscall.Signal(m.Signal))
		case KindKill:
			if m.ID == MainID {
				return
			}
			s.killTree(m.ID)
		}
	}
}

// reap collects every dead child and reports those that the node knows. ended
// says that the main process was among them.
func (s *supervisor) reap() (code int, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return code, ended
		}
		id, known := s.children[pid]
		if !known {
			continue // an orphan of the container
		}
		delete(s.children, pid)
		m := &Message{Kind: KindExited, ID: id, PID: pid, Code: status.ExitStatus()}
		if status.Signaled() {
			m.Signal, m.Code = int(status.Signal()), 128+int(status.Signal())
		}
		if pid == s.main {
			code, ended = m.Code, true
		}
		_ = s.conn.Send(m)
	}
}

// pidOf finds a live process by id; 0 when there is none.
func (s *supervisor) pidOf(id int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid, known := range s.children {
		if known == id {
			return pid
		}
	}
	return 0
}

func (s *supervisor) signal(id int, sig syscall.Signal) {
	if pid := s.pidOf(id); pid > 0 {
		_ = unix.Kill(pid, sig)
	}
}

func (s *supervisor) killTree(id int) {
	if pid := s.pidOf(id); pid > 0 {
		killBelow(pid)
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// killAll ends the container. It keeps the lock, so that nothing starts after.
func (s *supervisor) killAll() {
	s.mu.Lock()
	killDescendants()
}
