// Package errand has a command run by the keeper for somebody else, as `docker
// exec` has one run by a daemon: what runs on a node must be in the node's
// network, and a process that is in the lab's already cannot change into it
// (the kernel allows a process one seccomp listener only).
//
// The client sends its standard streams and a line of JSON on a unix socket,
// and gets a line of JSON when the command has ended. A client that goes away
// takes its command with it.
package errand

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Request is what is to be run. Its streams are the client's.
type Request struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
}

// Result is how it ended.
type Result struct {
	Code  int    `json:"code"`            // 128 and the signal for one that was killed, as shells say it
	Error string `json:"error,omitempty"` // it was not started
}

// streams is how many descriptors come with a request.
const streams = 3

// longest bounds a request: an environment is not larger, for execve(2) would
// refuse it.
const longest = 4 << 20

// Main is `podling-launch errand SOCKET COMMAND…`; it returns the exit code.
func Main(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: podling-launch errand SOCKET COMMAND ARGUMENTS…")
		return 2
	}
	result, err := Send(args[0], Request{Argv: args[1:], Env: os.Environ()}, []int{0, 1, 2})
	if err == nil && result.Error != "" {
		err = errors.New(result.Error)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "the command could not be run on the node: %v\n", err)
		return 126
	}
	return result.Code
}

// Send has a request done and returns how it ended.
func Send(socket string, r Request, files []int) (Result, error) {
	var result Result
	body, err := json.Marshal(r)
	if err != nil {
		return result, err
	}
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return result, err
	}
	conn := os.NewFile(uintptr(sock), socket)
	defer conn.Close()
	if err := unix.Connect(sock, &unix.SockaddrUnix{Name: socket}); err != nil {
		return result, fmt.Errorf("the cluster's keeper does not answer on %s (is the cluster running?): %w", socket, err)
	}
	if err := unix.Sendmsg(sock, []byte{'{'}, unix.UnixRights(files...), nil, 0); err != nil {
		return result, fmt.Errorf("hand the streams over: %w", err)
	}
	if _, err := conn.Write(append(body[1:], '\n')); err != nil {
		return result, err
	}
	err = json.NewDecoder(conn).Decode(&result)
	if errors.Is(err, io.EOF) {
		err = errors.New("the cluster ended meanwhile")
	}
	return result, err
}
