package cri

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// streams serves exec, attach and port-forward once kubelet has sent a client
// here.
type streams struct{ *server }

func (s *server) Exec(_ context.Context, r *runtimeapi.ExecRequest) (*runtimeapi.ExecResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	if _, _, err := c.mainProcess(); err != nil {
		return nil, err
	}
	return s.streaming.GetExec(r)
}

func (s *server) Attach(_ context.Context, r *runtimeapi.AttachRequest) (*runtimeapi.AttachResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	if _, _, err := c.mainProcess(); err != nil {
		return nil, err
	}
	return s.streaming.GetAttach(r)
}

func (s *server) PortForward(_ context.Context, r *runtimeapi.PortForwardRequest) (*runtimeapi.PortForwardResponse, error) {
	if _, err := s.forwardAddress(r.PodSandboxId, 0); err != nil {
		return nil, err
	}
	return s.streaming.GetPortForward(r)
}

// Exec runs a command with the client's streams.
func (s streams) Exec(ctx context.Context, id string, cmd []string, in io.Reader, out, errOut io.WriteCloser, tty bool,
	resize <-chan remotecommand.TerminalSize) error {
	c, err := s.container(id)
	if err != nil {
		return err
	}
	e := execution{argv: cmd, tty: tty, resize: resize}
	// A nil stream in an interface is not a nil interface.
	if in != nil {
		e.in = in
	}
	if out != nil {
		e.out = out
	}
	if errOut != nil {
		e.errOut = errOut
	}
	code, err := c.run(ctx, e)
	if err != nil {
		return err
	}
	if code != 0 {
		return &utilexec.CodeExitError{Err: fmt.Errorf("error executing command %v, exit code %d", cmd, code), Code: code}
	}
	return nil
}

// Attach joins a client to the main process's streams until it, or the
// container, goes.
func (s streams) Attach(ctx context.Context, id string, in io.Reader, out, errOut io.WriteCloser, _ bool,
	resize <-chan remotecommand.TerminalSize) error {
	c, err := s.container(id)
	if err != nil {
		return err
	}
	_, main, err := c.mainProcess()
	if err != nil {
		return err
	}
	var stdout, stderr io.Writer
	if out != nil {
		stdout = out
	}
	if errOut != nil {
		stderr = errOut
	}
	client, detach := c.io.attach(stdout, stderr)
	defer detach()
	go follow(main, resize)
	left := make(chan struct{})
	if in != nil {
		go func() {
			c.io.feed(in)
			close(left)
		}()
	}
	if stdout == nil && stderr == nil {
		select {
		case <-left:
		case <-client.gone:
		case <-ctx.Done():
		}
		return nil
	}
	select {
	case <-client.gone:
	case <-client.failed:
	case <-ctx.Done():
	}
	return nil
}

// forwardAddress is where a pod's port is on loopback.
func (s *server) forwardAddress(id string, port int32) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.sandboxes[id]
	if b == nil {
		return "", status.Errorf(codes.NotFound, "failed to find sandbox %q in store: not found", id)
	}
	if !b.ready {
		return "", status.Errorf(codes.FailedPrecondition, "sandbox container %q is not running", id)
	}
	if b.hostNetwork() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))), nil
	}
	loopback, _ := s.config.Network.Loopback(b.ip)
	return netip.AddrPortFrom(loopback, s.config.Network.Port(uint16(port))).String(), nil
}

// PortForward joins a client to a port of the pod.
func (s streams) PortForward(ctx context.Context, id string, port int32, stream io.ReadWriteCloser) error {
	address, err := s.forwardAddress(id, port)
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: 10 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		// Say the port that the person asked for, not the one that carries it.
		reason := err.Error()
		if i := strings.LastIndex(reason, ": "); i >= 0 {
			reason = reason[i+2:]
		}
		return fmt.Errorf("failed to connect to localhost:%d inside pod sandbox %q: %s", port, id, reason)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close(); stream.Close() })()
	fromPod := make(chan error, 1)
	go func() {
		_, err := io.Copy(stream, conn)
		fromPod <- err
	}()
	fromClient := make(chan error, 1)
	go func() {
		_, err := io.Copy(conn, stream)
		if half, ok := conn.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
		fromClient <- err
	}()
	select {
	case err = <-fromPod: // the pod has said all; nothing more is heard
	case err = <-fromClient:
		if err == nil {
			err = <-fromPod
		}
	}
	return err
}
