package launch

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Where Yama guards ptrace (kernel.yama.ptrace_scope 1), only an ancestor may
// open a program's /proc/PID/mem, and net is none. The check is made when the
// file is opened, not when it is used: so an ancestor opens it for net. That
// is the keeper for what it started, and a resident launcher's guard for a
// person's shell. Each is one end of a socket pair; net has the other.
//
// A request brings the socket for its own answer with it: nothing is mixed up
// when many ask at once, or when net dies and the next one has the same socket.

// openerTimeout is for an opener that was stopped or is starved.
const openerTimeout = 10 * time.Second

// OnlyDescendants makes openers refuse what Yama would refuse them, for tests
// on a machine without Yama.
var OnlyDescendants = false

// openerPair makes the socket that net asks at and the one that serve answers.
func openerPair() (ask, serve int, err error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("make the socket for opening memory: %w", err)
	}
	tv := unix.NsecToTimeval(int64(openerTimeout))
	if err := unix.SetsockoptTimeval(p[0], unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv); err != nil {
		closeAll(p[:])
		return -1, -1, err
	}
	return p[0], p[1], nil
}

// OpenMemory asks at an opener's socket for a thread's memory, to read and write.
func OpenMemory(ask int, thread uint32) (int, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(p[0])
	tv := unix.NsecToTimeval(int64(openerTimeout))
	err = unix.SetsockoptTimeval(p[0], unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	if err == nil {
		err = again(func() error {
			return unix.Sendmsg(ask, binary.NativeEndian.AppendUint32(nil, thread), unix.UnixRights(p[1]), nil, unix.MSG_NOSIGNAL)
		})
	}
	unix.Close(p[1]) // so that an opener's death is the end of the wait
	if err != nil {
		return -1, fmt.Errorf("ask the program's launcher: %w", err)
	}
	said, fds, err := receiveFrom(p[0])
	if err != nil {
		return -1, fmt.Errorf("wait for the program's launcher: %w", err)
	}
	if len(fds) == 1 {
		return fds[0], nil
	}
	closeAll(fds)
	if len(said) != 4 {
		return -1, fmt.Errorf("the program's launcher is gone: %w", unix.EPIPE)
	}
	return -1, unix.Errno(binary.NativeEndian.Uint32(said))
}

// serveOpens answers requests until nobody can ask any more.
func serveOpens(serve int) {
	defer unix.Close(serve)
	for {
		said, fds, err := receiveFrom(serve)
		if err != nil || len(said) == 0 && len(fds) == 0 {
			return
		}
		if len(said) == 4 && len(fds) == 1 {
			answerOpen(fds[0], binary.NativeEndian.Uint32(said))
		}
		closeAll(fds)
	}
}

func answerOpen(reply int, thread uint32) {
	fd, err := openMem(thread)
	if err == nil {
		defer unix.Close(fd)
		// Never blocks, and who does not wait any more needs no answer.
		unix.Sendmsg(reply, make([]byte, 4), unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		return
	}
	errno, ok := err.(unix.Errno)
	if !ok {
		errno = unix.EIO
	}
	unix.Sendmsg(reply, binary.NativeEndian.AppendUint32(nil, uint32(errno)), nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
}

func openMem(thread uint32) (fd int, err error) {
	if OnlyDescendants && !descends(int(thread), os.Getpid()) {
		return -1, unix.EACCES
	}
	err = again(func() error {
		fd, err = unix.Open("/proc/"+strconv.FormatUint(uint64(thread), 10)+"/mem", unix.O_RDWR|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

func receiveFrom(sock int) (said []byte, fds []int, err error) {
	buf, oob := make([]byte, 64), make([]byte, unix.CmsgSpace(4))
	var n, oobn int
	err = again(func() error {
		n, oobn, _, _, err = unix.Recvmsg(sock, buf, oob, unix.MSG_CMSG_CLOEXEC)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	fds, err = descriptors(oob[:oobn])
	return buf[:n], fds, err
}

func again(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
