package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Listener is one launched program's filter, as keeper and net hold it.
type Listener struct {
	Header
	FD int // the seccomp listener

	// Journal is a page of memory that the keeper keeps alive for net: what
	// net took from FD and has not answered. The kernel would not give it
	// to the next net again, and its caller would wait for ever.
	Journal int

	// Opener is where net asks for the memory of callers that it may not
	// open itself: see OpenMemory. Without a guard it is the keeper's.
	Opener int
}

// JournalSize is the size of a Listener's journal in bytes.
const JournalSize = 4096

// Close gives the descriptors back.
func (l *Listener) Close() {
	for _, fd := range []*int{&l.FD, &l.Journal, &l.Opener} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

// messageSize bounds a header; names are short.
const messageSize = 4096

// Receive reads one launcher's header and listener in the keeper. The caller
// sets conn's deadline, gives the ID, and answers with Accepted or Refused.
func Receive(conn *net.UnixConn) (*Listener, error) {
	l := &Listener{FD: -1, Journal: -1, Opener: -1}
	fds, err := receive(conn, &l.Header)
	if err != nil {
		return nil, fmt.Errorf("read a launcher's header: %w", err)
	}
	switch len(fds) {
	case 2:
		l.FD, l.Opener = fds[0], fds[1]
	case 1:
		l.FD = fds[0]
	default:
		closeAll(fds)
		return nil, errors.New("a launcher sent no listener")
	}
	if l.PID, err = peer(conn); err != nil {
		l.Close()
		return nil, fmt.Errorf("ask who launched: %w", err)
	}
	if l.Journal, err = unix.MemfdCreate("podling-journal", unix.MFD_CLOEXEC); err != nil {
		l.Close()
		return nil, fmt.Errorf("make a journal: %w", err)
	}
	if err := unix.Ftruncate(l.Journal, JournalSize); err != nil {
		l.Close()
		return nil, fmt.Errorf("size a journal: %w", err)
	}
	return l, nil
}

// Accepted lets the launcher execute its program.
func Accepted(conn *net.UnixConn) error {
	_, err := conn.Write([]byte{ack})
	return err
}

// Refused makes the launcher exit with a reason.
func Refused(conn *net.UnixConn, reason string) error {
	_, err := conn.Write(append([]byte{nack}, reason...))
	return err
}

func peer(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var inner error
	if err := raw.Control(func(fd uintptr) {
		cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if inner != nil {
		return 0, inner
	}
	return int(cred.Pid), nil
}

// ControlPair makes the channel between the keeper and one net process: the
// keeper's end, and the file that net gets as descriptor 3.
func ControlPair() (keeper *net.UnixConn, child *os.File, err error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make net's control socket: %w", err)
	}
	keeper, err = Control(p[0])
	if err != nil {
		unix.Close(p[1])
		return nil, nil, err
	}
	return keeper, os.NewFile(uintptr(p[1]), "control"), nil
}

// Control wraps one end of a ControlPair; it takes the descriptor over.
func Control(fd int) (*net.UnixConn, error) {
	f := os.NewFile(uintptr(fd), "control")
	defer f.Close() // FileConn has its own copy
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("use descriptor %d as control socket: %w", fd, err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("descriptor %d is not a unix socket", fd)
	}
	return u, nil
}

// Forward gives net one listener.
func Forward(control *net.UnixConn, l *Listener) error {
	m, err := json.Marshal(l.Header)
	if err != nil {
		return err
	}
	_, _, err = control.WriteMsgUnix(m, unix.UnixRights(l.FD, l.Journal, l.Opener), nil)
	return err
}

// Accept is net's side of Forward: it waits for the next listener.
func Accept(control *net.UnixConn) (*Listener, error) {
	l := &Listener{FD: -1, Journal: -1, Opener: -1}
	fds, err := receive(control, &l.Header)
	if err != nil {
		return nil, err
	}
	if len(fds) != 3 {
		closeAll(fds)
		return nil, fmt.Errorf("the keeper sent %d descriptors with listener %d, not 3", len(fds), l.ID)
	}
	l.FD, l.Journal, l.Opener = fds[0], fds[1], fds[2]
	return l, nil
}

// answer is what net says to the keeper.
type answer struct {
	Ready uint64 `json:"ready"`
}

// Ready tells the keeper that net answers this listener from now on.
func Ready(control *net.UnixConn, id uint64) error {
	m, err := json.Marshal(answer{Ready: id})
	if err != nil {
		return err
	}
	_, err = control.Write(m)
	return err
}

// receive reads one message and its descriptors.
func receive(conn *net.UnixConn, into any) ([]int, error) {
	buf, oob := make([]byte, messageSize), make([]byte, unix.CmsgSpace(4*4))
	n, oobn, _, _, err := conn.ReadMsgUnix(buf, oob)
	if err != nil {
		return nil, err
	}
	fds, err := descriptors(oob[:oobn])
	if err != nil {
		return nil, err
	}
	if n == 0 {
		closeAll(fds)
		return nil, net.ErrClosed
	}
	if err := json.Unmarshal(buf[:n], into); err != nil {
		closeAll(fds)
		return nil, fmt.Errorf("message %q: %w", buf[:n], err)
	}
	return fds, nil
}

func descriptors(oob []byte) ([]int, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	var fds []int
	for _, m := range messages {
		if got, err := unix.ParseUnixRights(&m); err == nil {
			fds = append(fds, got...)
		}
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
