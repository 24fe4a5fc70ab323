package cri

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// killTimeout is how long killed processes may take to be gone.
const killTimeout = 10 * time.Second

func (s *server) StopContainer(ctx context.Context, r *runtimeapi.StopContainerRequest) (*runtimeapi.StopContainerResponse, error) {
	s.mu.Lock()
	c := s.containers[r.ContainerId]
	s.mu.Unlock()
	if c == nil {
		return &runtimeapi.StopContainerResponse{}, nil
	}
	return &runtimeapi.StopContainerResponse{}, c.stop(ctx, time.Duration(r.Timeout)*time.Second)
}

// stop asks the main process to end, kills everything after timeout, and
// returns when the container has ended.
func (c *container) stop(ctx context.Context, timeout time.Duration) error {
	c.mu.Lock()
	t, main, exited := c.task, c.main, c.state == runtimeapi.ContainerState_CONTAINER_EXITED
	if !exited && t == nil && !c.starting {
		// It was never started, and must not be now.
		c.starting = true
		c.mu.Unlock()
		c.exit(codeStartError, reasonError, "the container was stopped before it was started", time.Now())
		return nil
	}
	c.mu.Unlock()
	if exited {
		return nil
	}
	if timeout > 0 && main != nil {
		_ = main.Signal(c.stopSignal())
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		select {
		case <-c.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
	c.kill()
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(killTimeout):
		return fmt.Errorf("container %s did not end within %v of being killed", c.id, killTimeout)
	}
}

func (c *container) kill() {
	c.mu.Lock()
	c.killed = true
	c.mu.Unlock()
	if t := c.runningTask(); t != nil {
		t.Kill()
	}
}

// stopSignal is the pod's, else the image's, else SIGTERM.
func (c *container) stopSignal() syscall.Signal {
	if c.config.StopSignal != runtimeapi.Signal_SIGNAL_RUNTIME_DEFAULT {
		if sig := signalNamed(strings.TrimPrefix(c.config.StopSignal.String(), "SIGNAL_")); sig != 0 {
			return sig
		}
	}
	if sig := signalNamed(c.image.Config.StopSignal); sig != 0 {
		return sig
	}
	return unix.SIGTERM
}

// signalNamed reads SIGTERM, TERM, 15 or SIGRTMIN+3; 0 if it is none.
func signalNamed(name string) syscall.Signal {
	if n, err := strconv.Atoi(name); err == nil && n > 0 && n <= 64 {
		return syscall.Signal(n)
	}
	name = strings.ToUpper(name)
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "SIG"), "RTMIN"); ok {
		n, _ := strconv.Atoi(strings.TrimLeft(strings.Replace(rest, "PLUS", "+", 1), "+"))
		return syscall.Signal(34 + n)
	}
	if name != "" && !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	return unix.SignalNum(name)
}
