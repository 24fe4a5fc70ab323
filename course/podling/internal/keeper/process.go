package keeper

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// processes starts the keeper's children and reaps everything that becomes a
// child of it: the keeper is a subreaper, so a process whose parents died
// lands here, and one that the keeper did not start has no business left.
type processes struct {
	mu       sync.Mutex
	known    map[int]chan syscall.WaitStatus
	work     chan func()
	reaped   chan struct{} // has a message after each reaping
	started  chan struct{} // wakes the reaper that found no child
	lastless chan struct{} // closed by the reaper when, stopping, no child is left
	stopping bool
}

func newProcesses() *processes {
	p := &processes{
		known:    map[int]chan syscall.WaitStatus{},
		work:     make(chan func()),
		reaped:   make(chan struct{}, 1),
		started:  make(chan struct{}, 1),
		lastless: make(chan struct{}),
	}
	go p.spawner()
	go p.reaper()
	return p
}

// spawner forks on one thread that never ends: a parent-death signal is sent
// when the thread that forked dies, not the process.
func (p *processes) spawner() {
	runtime.LockOSThread()
	for f := range p.work {
		f()
	}
}

// start runs argv and returns its pid and where its end will be told. The
// child dies with the keeper. Files become fd 0, 1, 2, 3…
func (p *processes) start(argv, env []string, files []uintptr) (int, <-chan syscall.WaitStatus, error) {
	type result struct {
		pid int
		err error
	}
	ended := make(chan syscall.WaitStatus, 1)
	done := make(chan result)
	p.work <- func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.stopping {
			done <- result{0, errors.New("the cluster is stopping")}
			return
		}
		pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
			Env: env, Files: files,
			Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
		})
		if err == nil {
			p.known[pid] = ended
		}
		done <- result{pid, err}
	}
	r := <-done
	if r.err == nil {
		wake(p.started)
	}
	return r.pid, ended, r.err
}

func (p *processes) reaper() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err == syscall.ECHILD:
			if p.isStopping() {
				close(p.lastless)
				return
			}
			<-p.started
		case err == nil:
			p.mu.Lock()
			ended := p.known[pid]
			delete(p.known, pid)
			p.mu.Unlock()
			if ended != nil {
				ended <- status
			}
			wake(p.reaped)
		}
	}
}

func (p *processes) isStopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopping
}

// killOrphans ends children that the keeper did not start.
func (p *processes) killOrphans() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pid := range children() {
		if _, ours := p.known[pid]; !ours {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// stop ends every descendant: each death hands its children to the keeper,
// so killing its children until none is left gets them all. The channel is
// closed then.
func (p *processes) stop() <-chan struct{} {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	go func() {
		for {
			for _, pid := range children() {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			select {
			case <-p.lastless:
				return
			case <-p.reaped:
			}
		}
	}()
	wake(p.started) // a reaper without children must look again
	return p.lastless
}

// children of this process, whichever of its threads forked them.
func children() []int {
	var pids []int
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for _, f := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// wake puts a message into a channel of one place unless one waits there.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
