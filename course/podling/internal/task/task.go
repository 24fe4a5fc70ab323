// Package task is the node's end of a container: it starts the executor with
// the agent in it, asks the agent to run processes, and sees to it that nothing
// of the container outlives it.
package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/agent"
)

// endGrace is how long an executor may take to end after its agent; it has
// nothing left to do.
const endGrace = 200 * time.Millisecond

// killTimeout is how long the kernel may take to end what was killed.
const killTimeout = time.Second

// Task is one running container.
type Task struct {
	cmd   *exec.Cmd
	conn  *agent.Conn
	words *tail // what bwrap or PRoot say: the reason when they fail
	done  chan struct{}

	mu     sync.Mutex
	nextID int
	procs  map[int]*Process
	over   error // set when the agent is gone
}

// Process is one process that a task was asked to run.
type Process struct {
	ID     int
	PID    int      // as the container sees it
	Master *os.File // its terminal, or nil

	task    *Task
	started chan struct{}
	err     error
	exited  chan struct{}
	code    int
	signal  int
}

// StartError says that the container's program could not be run.
type StartError struct {
	Words string
	Code  int // 127 when there is no such program, else 126
}

func (e *StartError) Error() string { return "unable to start container process: " + e.Words }

// Start runs argv, which ends in the agent.
func Start(argv, env []string) (*Task, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "control"), os.NewFile(uintptr(pair[1]), "control")
	defer theirs.Close()
	t := &Task{conn: agent.NewConn(ours), words: new(tail), done: make(chan struct{}), procs: map[int]*Process{}}
	t.cmd = exec.Command(argv[0], argv[1:]...)
	t.cmd.Env, t.cmd.Stdout, t.cmd.Stderr = env, t.words, t.words
	t.cmd.ExtraFiles = []*os.File{theirs}
	t.cmd.WaitDelay = killTimeout
	// A group of its own: a Ctrl-C in the lab's terminal is not for containers.
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := t.cmd.Start(); err != nil {
		ours.Close()
		return nil, err
	}
	agentGone := make(chan struct{})
	go t.receive(agentGone)
	go t.supervise(agentGone)
	return t, nil
}

// PID is the executor's process: the root of the container's tree.
func (t *Task) PID() int { return t.cmd.Process.Pid }

// Done is closed when no process of the container is left.
func (t *Task) Done() <-chan struct{} { return t.done }

// Run starts a process; stdio holds three files, or is empty with p.TTY. main
// says that it is the container's own process.
func (t *Task) Run(ctx context.Context, p *agent.Process, main bool, stdio ...*os.File) (*Process, error) {
	proc := &Process{task: t, started: make(chan struct{}), exited: make(chan struct{})}
	kind := agent.KindExec
	t.mu.Lock()
	if main {
		kind = agent.KindStart
	} else {
		t.nextID++
		proc.ID = t.nextID
	}
	if over := t.over; over != nil {
		t.mu.Unlock()
		return nil, over
	}
	t.procs[proc.ID] = proc
	t.mu.Unlock()

	fds := make([]int, len(stdio))
	for i, f := range stdio {
		fds[i] = int(f.Fd())
		// Go's pipes do not block, and the flag goes with the descriptor.
		_ = unix.SetNonblock(fds[i], false)
	}
	if err := t.conn.Send(&agent.Message{Kind: kind, ID: proc.ID, Process: p}, fds...); err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		return nil, errors.Join(err, t.over)
	}
	select {
	case <-proc.started:
		return proc, proc.err
	case <-ctx.Done():
		proc.Kill()
		return nil, ctx.Err()
	}
}

// Kill ends the container at once.
func (t *Task) Kill() { _ = t.conn.Send(&agent.Message{Kind: agent.KindKill, ID: agent.MainID}) }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Status is the exit code (128 and the signal's number for a killed one) and
// the signal or 0, once Exited is closed.
func (p *Process) Status() (code, signal int) { return p.code, p.signal }

// Signal sends a signal to the process alone.
func (p *Process) Signal(sig syscall.Signal) error {
	return p.task.conn.Send(&agent.Message{Kind: agent.KindSignal, ID: p.ID, Signal: int(sig)})
}

// Kill ends the process and all below it.
func (p *Process) Kill() { _ = p.task.conn.Send(&agent.Message{Kind: agent.KindKill, ID: p.ID}) }

// Resize tells the process's terminal its size.
func (p *Process) Resize(rows, cols uint16) error {
	if p.Master == nil {
		return nil
	}
	raw, err := p.Master.SyscallConn()
	if err != nil {
		return err
	}
	var ioctlErr error
	err = raw.Control(func(fd uintptr) {
		ioctlErr = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
	return errors.Join(err, ioctlErr)
}

// receive hands the agent's messages to their processes.
func (t *Task) receive(gone chan<- struct{}) {
	defer close(gone)
	for {
		m, fds, err := t.conn.Receive()
		if err != nil {
			return
		}
		if m.Kind == agent.KindHello && len(fds) == 1 {
			go t.watch(fds[0])
			continue
		}
		t.mu.Lock()
		proc := t.procs[m.ID]
		if m.Kind == agent.KindFailed || m.Kind == agent.KindExited {
			delete(t.procs, m.ID)
		}
		t.mu.Unlock()
		if proc == nil {
			for _, fd := range fds {
				_ = unix.Close(fd)
			}
			continue
		}
		switch m.Kind {
		case agent.KindStarted:
			proc.PID = m.PID
			if len(fds) == 1 {
				_ = unix.SetNonblock(fds[0], true)
				proc.Master = os.NewFile(uintptr(fds[0]), "terminal")
			}
			close(proc.started)
		case agent.KindFailed:
			proc.err = &StartError{m.Error, m.Code}
			close(proc.started)
		case agent.KindExited:
			proc.code, proc.signal = m.Code, m.Signal
			close(proc.exited)
		}
	}
}

// watch ends receive when the agent has ended.
func (t *Task) watch(fd int) {
	_ = unix.SetNonblock(fd, true)
	life := os.NewFile(uintptr(fd), "agent")
	defer life.Close()
	_, _ = life.Read(make([]byte, 1))
	t.conn.CloseRead()
}

// supervise waits for the container's end, whichever part of it ends first,
// and then ends the rest.
func (t *Task) supervise(agentGone <-chan struct{}) {
	ended := make(chan error, 1)
	go func() { ended <- t.cmd.Wait() }()
	var status error
	select {
	case status = <-ended:
	case <-agentGone:
		select {
		case status = <-ended:
		case <-time.After(endGrace):
			killTraced(t.PID())
			_ = t.cmd.Process.Kill()
			status = <-ended
		}
	}
	t.conn.CloseRead() // what the agent has said is still heard
	<-agentGone
	_ = t.conn.Close() // an agent that outlives its executor kills all and ends
	t.mu.Lock()
	t.over = fmt.Errorf("the container's runtime ended (%v) %s", status, strings.TrimSpace(t.words.String()))
	left := t.procs
	t.procs = nil
	t.mu.Unlock()
	for _, proc := range left {
		select {
		case <-proc.started:
			proc.code, proc.signal = 137, 9
			close(proc.exited)
		default:
			proc.err = t.over
			close(proc.started)
		}
	}
	close(t.done)
}

// tail keeps the first kilobytes of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4096 - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

var _ io.Writer = (*tail)(nil)
