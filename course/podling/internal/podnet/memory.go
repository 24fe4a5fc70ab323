package podnet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet/services"
)

// memory is another process's, reached through /proc: process_vm_readv and
// pidfd_getfd are refused under Docker's default seccomp profile.
type memory struct{ fd int }

// memory opens a caller's. Where Yama lets only an ancestor do that, the
// program's launcher or the keeper is asked.
func (s *supervisor) memory(pid uint32) (memory, error) {
	fd, err := -1, error(unix.EACCES)
	if !s.refused {
		fd, err = unix.Open(procPath(pid, "mem"), unix.O_RDWR|unix.O_CLOEXEC, 0)
	}
	if err == unix.EACCES || err == unix.EPERM {
		fd, err = launch.OpenMemory(s.Opener, pid)
	}
	if err != nil {
		return memory{}, err
	}
	return memory{fd}, nil
}

func (m memory) close() { unix.Close(m.fd) }

func (m memory) read(p []byte, at uint64) error {
	n, err := unix.Pread(m.fd, p, int64(at))
	if err == nil && n != len(p) {
		err = unix.EFAULT
	}
	return err
}

func (m memory) write(p []byte, at uint64) error {
	n, err := unix.Pwrite(m.fd, p, int64(at))
	if err == nil && n != len(p) {
		err = unix.EFAULT
	}
	return err
}

func procPath(pid uint32, what string) string {
	return "/proc/" + strconv.FormatUint(uint64(pid), 10) + "/" + what
}

func fdPath(pid uint32, fd uint64) string {
	return procPath(pid, "fd/") + strconv.FormatInt(int64(int32(fd)), 10)
}

// protocol asks what kind a caller's socket is. The kernel tells by an
// extended attribute of the socket's file, also before it is bound, when
// /proc/net does not have it yet.
func protocol(pid uint32, fd uint64) services.Protocol {
	var buf [32]byte
	n, err := unix.Getxattr(fdPath(pid, fd), "system.sockprotoname", buf[:])
	if err != nil {
		return services.OtherProtocol
	}
	name := strings.TrimRight(string(buf[:n]), "\x00")
	switch {
	case strings.HasPrefix(name, "TCP"), strings.HasPrefix(name, "MPTCP"):
		return services.TCP
	case strings.HasPrefix(name, "UDP"):
		return services.UDP
	case strings.HasPrefix(name, "SCTP"):
		return services.SCTP
	}
	return services.OtherProtocol
}

// inode identifies a caller's socket for its whole life.
func inode(pid uint32, fd uint64) (string, error) {
	s, err := os.Readlink(fdPath(pid, fd))
	if err == nil && !strings.HasPrefix(s, "socket:[") {
		err = fmt.Errorf("%s is not a socket", s)
	}
	return s, err
}

// sockaddr is an Internet socket address as it lies in memory.
type sockaddr []byte

// parse returns the address; false when it is not an Internet one.
func (s sockaddr) parse() (a netip.AddrPort, v6, ok bool) {
	if len(s) < 2 {
		return a, false, false
	}
	switch binary.NativeEndian.Uint16(s) {
	case unix.AF_INET:
		if len(s) < 16 {
			return a, false, false
		}
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s[4:8])), binary.BigEndian.Uint16(s[2:])), false, true
	case unix.AF_INET6:
		if len(s) < 28 {
			return a, true, false
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(s[8:24])), binary.BigEndian.Uint16(s[2:])), true, true
	}
	return a, false, false
}

// with is a copy of s that says a, in s's own family.
func (s sockaddr) with(a netip.AddrPort) sockaddr {
	c := append(sockaddr(nil), s...)
	binary.BigEndian.PutUint16(c[2:], a.Port())
	if binary.NativeEndian.Uint16(s) == unix.AF_INET {
		v := a.Addr().As4()
		copy(c[4:8], v[:])
		return c
	}
	v := a.Addr().As16() // v4-mapped for an IPv4 address
	copy(c[8:24], v[:])
	return c
}
