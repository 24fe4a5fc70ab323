package errand

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// politeFor is what a command whose client is gone gets between SIGTERM and
// SIGKILL.
const politeFor = 2 * time.Second

// Start begins a command in a session of its own; files become fd 0, 1 and 2.
type Start func(argv, env []string, files []uintptr) (pid int, ended <-chan syscall.WaitStatus, err error)

// Serve does what is asked on l until l is closed.
func Serve(l *net.UnixListener, start Start) {
	for {
		conn, err := l.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors: not as fast as it can
			continue
		}
		go serve(conn, start)
	}
}

func serve(conn *net.UnixConn, start Start) {
	defer conn.Close()
	result, err := do(conn, start)
	if err != nil {
		result = Result{Error: err.Error()}
	}
	_ = json.NewEncoder(conn).Encode(result) // the client may be gone
}

func do(conn *net.UnixConn, start Start) (Result, error) {
	request, files, err := receive(conn)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return Result{}, err
	}
	var fds []uintptr
	for _, f := range files {
		fds = append(fds, f.Fd())
	}
	pid, ended, err := start(request.Argv, request.Env, fds)
	if err != nil {
		return Result{}, err
	}
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, conn) // ends when the client does
		close(gone)
	}()
	select {
	case status := <-ended:
		return Result{Code: code(status)}, nil
	case <-gone:
	}
	syscall.Kill(-pid, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(politeFor):
	}
	syscall.Kill(-pid, syscall.SIGKILL)
	return Result{}, nil
}

func code(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func receive(conn *net.UnixConn) (Request, []*os.File, error) {
	var request Request
	first, oob := make([]byte, 1), make([]byte, unix.CmsgSpace(4*streams))
	n, oobn, _, _, err := conn.ReadMsgUnix(first, oob)
	if err != nil {
		return request, nil, err
	}
	files, err := descriptors(oob[:oobn])
	if err != nil {
		return request, files, err
	}
	if n != 1 || len(files) != streams {
		return request, files, fmt.Errorf("a request came with %d streams, not %d", len(files), streams)
	}
	line, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadBytes('\n')
	if err != nil {
		return request, files, fmt.Errorf("read a request: %w", err)
	}
	if err := json.Unmarshal(append(first, line...), &request); err != nil {
		return request, files, err
	}
	if len(request.Argv) == 0 {
		return request, files, errors.New("no command was given")
	}
	return request, files, nil
}

func descriptors(oob []byte) ([]*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return files, err
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "a client's stream"))
		}
	}
	return files, nil
}
