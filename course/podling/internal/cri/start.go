package cri

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/executor"
	"kubelab.dev/podling/internal/task"
)

// startTimeout is for the executor and the agent to come up.
const startTimeout = 30 * time.Second

// drainTimeout is how long an ended container's last output is waited for.
const drainTimeout = 2 * time.Second

// The reasons that kubelet and people know from containerd.
const (
	reasonCompleted  = "Completed"
	reasonError      = "Error"
	reasonStartError = "StartError"
	codeStartError   = 128
)

func (s *server) StartContainer(ctx context.Context, r *runtimeapi.StartContainerRequest) (*runtimeapi.StartContainerResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.state != runtimeapi.ContainerState_CONTAINER_CREATED || c.starting {
		defer c.mu.Unlock()
		return nil, status.Errorf(codes.FailedPrecondition, "container %q is in %s state", c.id, c.state)
	}
	c.starting = true
	c.mu.Unlock()
	if err := c.start(ctx); err != nil {
		err = fmt.Errorf("failed to create containerd task: %w", err)
		c.exit(codeStartError, reasonStartError, err.Error(), time.Now())
		var wrong *task.StartError
		if errors.As(err, &wrong) {
			return nil, status.Error(codes.Unknown, err.Error())
		}
		return nil, err
	}
	return &runtimeapi.StartContainerResponse{}, nil
}

func (c *container) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	command, err := c.server.executor.Command(&c.spec)
	if err != nil {
		return err
	}
	files, err := c.io.childFiles()
	if err != nil {
		return err
	}
	defer closeFiles(files)
	t, err := task.Start(c.server.launched(c, command), command.Env)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.task = t
	killed := c.killed
	c.mu.Unlock()
	if killed {
		t.Kill()
	}
	main, err := t.Run(ctx, &c.process, true, files...)
	if err != nil {
		t.Kill()
		<-t.Done()
		return err
	}
	c.mu.Lock()
	c.main, c.started, c.state = main, time.Now(), runtimeapi.ContainerState_CONTAINER_RUNNING
	c.mu.Unlock()
	c.io.follow(main.Master)
	go c.await(t, main)
	return nil
}

// launched puts the launcher before a command: it installs the filter through
// which the pod network sees the container's sockets.
func (s *server) launched(c *container, command *executor.Command) []string {
	if s.config.LaunchSocket == "" {
		return command.Argv
	}
	argv := []string{s.config.Launch, "launch", "--socket", s.config.LaunchSocket, "--name", c.title()}
	if c.sandbox.hostNetwork() {
		argv = append(argv, "--context", "node", "--address", s.config.nodeLoopback().String())
	} else {
		loopback, _ := s.config.Network.Loopback(c.sandbox.ip)
		argv = append(argv, "--context", "pod", "--address", loopback.String())
	}
	if command.FakeIDs {
		argv = append(argv, "--fake-ids")
	}
	if command.OwnPIDOne {
		argv = append(argv, "--own-pid-one")
	}
	if command.Hostname {
		argv = append(argv, "--hostname", c.sandbox.hostname())
	}
	return append(append(argv, "--"), command.Argv...)
}

// title is how logs name a container: namespace/pod/container.
func (c *container) title() string {
	m := c.sandbox.config.Metadata
	return m.Namespace + "/" + m.Name + "/" + c.config.Metadata.Name
}

// await records the end of the main process once all of the container is gone
// and its last words are in the log.
func (c *container) await(t *task.Task, main *task.Process) {
	<-main.Exited()
	finished := time.Now()
	<-t.Done()
	c.io.drain(drainTimeout)
	code, _ := main.Status()
	reason := reasonError
	if code == 0 {
		reason = reasonCompleted
	}
	c.exit(int32(code), reason, "", finished)
}

func (c *container) exit(code int32, reason, message string, finished time.Time) {
	c.io.end()
	c.mu.Lock()
	c.state = runtimeapi.ContainerState_CONTAINER_EXITED
	c.exitCode, c.reason, c.message, c.finished = code, reason, message, finished
	c.mu.Unlock()
	close(c.ended)
}
