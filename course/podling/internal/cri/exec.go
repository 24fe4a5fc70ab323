package cri

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"

	"kubelab.dev/podling/internal/task"
)

// maxExecOutput is how much of each stream ExecSync keeps, as containerd.
const maxExecOutput = 16 << 20

// quietTimeout is how long output is awaited after a command has ended: what
// it left in the background may hold its pipes for ever.
const quietTimeout = time.Second

// execution is one command in a running container.
type execution struct {
	argv        []string
	tty         bool
	in          io.Reader
	out, errOut io.Writer
	resize      <-chan remotecommand.TerminalSize
}

// run starts the command and waits for its end and its output.
func (c *container) run(ctx context.Context, e execution) (code int, err error) {
	t, _, err := c.mainProcess()
	if err != nil {
		return 0, err
	}
	process := c.process
	process.Argv, process.TTY = e.argv, e.tty
	if e.tty {
		env := newEnviron("TERM=xterm")
		for _, pair := range process.Env {
			env.set(pair)
		}
		process.Env = env.pairs
	}
	pipes, err := newExecPipes(e)
	if err != nil {
		return 0, err
	}
	defer pipes.close()
	proc, err := t.Run(ctx, &process, false, pipes.child...)
	pipes.started()
	if err != nil {
		return 0, fmt.Errorf("failed to exec in container: failed to start exec: %w", err)
	}
	if proc.Master != nil {
		pipes.terminal(proc.Master)
	}
	defer context.AfterFunc(ctx, proc.Kill)()
	go follow(proc, e.resize)
	pipes.copy(e)
	<-proc.Exited()
	pipes.wait(quietTimeout)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	code, _ = proc.Status()
	return code, nil
}

// follow passes the sizes of a client's terminal on.
func follow(proc *task.Process, sizes <-chan remotecommand.TerminalSize) {
	for {
		select {
		case <-proc.Exited():
			return
		case size, ok := <-sizes:
			if !ok {
				return
			}
			_ = proc.Resize(size.Height, size.Width)
		}
	}
}

// execPipes are a command's streams: three pipes, or a terminal.
type execPipes struct {
	child   []*os.File
	stdin   *os.File
	readers []*os.File
	copies  []chan struct{}
}

func newExecPipes(e execution) (p *execPipes, err error) {
	p = new(execPipes)
	if e.tty {
		return p, nil
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	pipe := func(wanted, input bool) error {
		if !wanted {
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			p.child = append(p.child, null)
			if !input {
				p.readers = append(p.readers, nil)
			}
			return err
		}
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		if input {
			p.child, p.stdin = append(p.child, reader), writer
		} else {
			p.child, p.readers = append(p.child, writer), append(p.readers, reader)
		}
		return nil
	}
	err = errors.Join(pipe(e.in != nil, true), pipe(e.out != nil, false), pipe(e.errOut != nil, false))
	return p, err
}

// started drops the command's ends.
func (p *execPipes) started() {
	closeFiles(p.child)
	p.child = nil
}

func (p *execPipes) terminal(master *os.File) {
	p.stdin, p.readers = master, []*os.File{master}
}

func (p *execPipes) copy(e execution) {
	if e.in != nil && p.stdin != nil {
		go func() {
			_, _ = io.Copy(p.stdin, e.in)
			if !e.tty {
				_ = p.stdin.Close() // the command sees the end of its input
			}
		}()
	}
	for i, to := range []io.Writer{e.out, e.errOut} {
		if i >= len(p.readers) || p.readers[i] == nil || to == nil {
			continue
		}
		done := make(chan struct{})
		p.copies = append(p.copies, done)
		go func() {
			defer close(done)
			copyOutput(p.readers[i], func(data []byte) error {
				_, err := to.Write(data)
				return err
			})
		}()
	}
}

// wait returns when all output is copied, or when no more came for a while.
func (p *execPipes) wait(quiet time.Duration) {
	for _, done := range p.copies {
		select {
		case <-done:
			continue
		case <-time.After(quiet):
		}
		for _, reader := range p.readers {
			if reader != nil {
				_ = reader.SetReadDeadline(time.Now())
			}
		}
		<-done
	}
}

func (p *execPipes) close() {
	closeFiles(p.child)
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	for _, reader := range p.readers {
		if reader != nil {
			_ = reader.Close()
		}
	}
}

// ExecSync runs a command, for probes and hooks.
func (s *server) ExecSync(ctx context.Context, r *runtimeapi.ExecSyncRequest) (*runtimeapi.ExecSyncResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	inner := ctx
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, time.Duration(r.Timeout)*time.Second)
		defer cancel()
	}
	var stdout, stderr limited
	code, err := c.run(inner, execution{argv: r.Cmd, out: &stdout, errOut: &stderr})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, status.Errorf(codes.DeadlineExceeded,
			"failed to exec in container: timeout %ds exceeded: context deadline exceeded", r.Timeout)
	}
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ExecSyncResponse{Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), ExitCode: int32(code)}, nil
}

// limited keeps the first maxExecOutput bytes and drops the rest.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := maxExecOutput - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
