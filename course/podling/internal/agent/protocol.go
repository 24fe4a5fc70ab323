// Package agent is pid 1 of every container (`podling-launch init`), and the
// messages that it and the node exchange over a unix socketpair.
//
// The agent links nothing but x/sys: it runs once per container.
package agent

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// ControlFD is where the agent finds its end of the socketpair.
const ControlFD = 3

// maxMessage bounds one message: a start carries a whole environment, which
// Linux itself limits to a few megabytes.
const maxMessage = 16 << 20

// Kinds of message. The agent first says Hello, with the reading end of a pipe
// whose other end it alone holds: its end says that the agent has ended, which
// the socket does not where the executor has inherited it. The node sends
// Start, Exec, Signal and Kill; the agent answers Started or Failed once, and
// later Exited, for each process.
const (
	KindHello   = "hello"
	KindStart   = "start"
	KindExec    = "exec"
	KindSignal  = "signal"
	KindKill    = "kill"
	KindStarted = "started"
	KindFailed  = "failed"
	KindExited  = "exited"
)

// MainID is the id of the container's main process.
const MainID = 0

// Process says what to run. Its stdio comes as three descriptors beside the
// message, or none with TTY: the agent opens a terminal inside the container
// and sends its master back with Started.
type Process struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env,omitempty"`
	Cwd  string   `json:"cwd,omitempty"`
	TTY  bool     `json:"tty,omitempty"`
	Rows uint16   `json:"rows,omitempty"`
	Cols uint16   `json:"cols,omitempty"`
}

// Message is one message in either direction.
type Message struct {
	Kind    string   `json:"kind"`
	ID      int      `json:"id"`
	Process *Process `json:"process,omitempty"`
	Signal  int      `json:"signal,omitempty"` // Signal: to send. Exited: that ended it, or 0
	PID     int      `json:"pid,omitempty"`    // as the container sees it
	Code    int      `json:"code,omitempty"`   // Exited: status, 128+signal. Failed: the shell's 126 or 127
	Error   string   `json:"error,omitempty"`
}

// Conn sends and receives messages with descriptors. Send may be called by
// several goroutines, Receive by one.
type Conn struct {
	file *os.File
	mu   sync.Mutex
}

// NewConn takes over a connected unix stream socket.
func NewConn(f *os.File) *Conn { return &Conn{file: f} }

// Close ends the connection; the other side reads EOF.
func (c *Conn) Close() error { return c.file.Close() }

// CloseRead makes Receive give EOF after what has already come.
func (c *Conn) CloseRead() {
	if raw, err := c.file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RD) })
	}
}

// Send writes one message. The caller keeps fds and may close them after.
func (c *Conn) Send(m *Message, fds ...int) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// The header goes alone with the descriptors: the kernel never merges
	// two writes of which one carries descriptors.
	header := make([]byte, 8)
	binary.BigEndian.PutUint32(header, uint32(len(body)))
	binary.BigEndian.PutUint32(header[4:], uint32(len(fds)))
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	err = raw.Write(func(fd uintptr) bool {
		_, sendErr = unix.SendmsgN(int(fd), header, rights, nil, unix.MSG_NOSIGNAL)
		return sendErr != unix.EAGAIN
	})
	if err = errors.Join(err, sendErr); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	if _, err = c.file.Write(body); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	return nil
}

// Receive reads one message and its descriptors (close-on-exec); io.EOF when
// the other side is gone.
func (c *Conn) Receive() (*Message, []int, error) {
	header, fds, err := c.receiveHeader()
	if err != nil {
		return nil, nil, err
	}
	size, want := binary.BigEndian.Uint32(header), int(binary.BigEndian.Uint32(header[4:]))
	if size > maxMessage || want != len(fds) {
		closeAll(fds)
		return nil, nil, fmt.Errorf("broken message: %d bytes, %d of %d descriptors", size, len(fds), want)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c.file, body); err != nil {
		closeAll(fds)
		return nil, nil, err
	}
	m := new(Message)
	if err := json.Unmarshal(body, m); err != nil {
		closeAll(fds)
		return nil, nil, err
	}
	return m, fds, nil
}

func (c *Conn) receiveHeader() (header []byte, fds []int, err error) {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	header = make([]byte, 8)
	for got := 0; got < len(header); {
		oob := make([]byte, unix.CmsgSpace(4*4))
		var n, oobn int
		var recvErr error
		err = raw.Read(func(fd uintptr) bool {
			n, oobn, _, _, recvErr = unix.Recvmsg(int(fd), header[got:], oob, unix.MSG_CMSG_CLOEXEC)
			return recvErr != unix.EAGAIN
		})
		if err = errors.Join(err, recvErr); err != nil {
			closeAll(fds)
			return nil, nil, err
		}
		if n == 0 {
			closeAll(fds)
			return nil, nil, io.EOF
		}
		got += n
		fds = append(fds, rightsIn(oob[:oobn])...)
	}
	return header, fds, nil
}

func rightsIn(oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if got, err := unix.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, got...)
		}
	}
	return fds
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
