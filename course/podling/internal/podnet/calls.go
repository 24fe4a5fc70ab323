package podnet

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet/services"
)

// address treats a call that names a socket address at ptr.
func (s *supervisor) address(n notification, kind callKind, ptr, size uint64) response {
	m, err := s.memory(n.PID)
	if err != nil {
		return s.blind(n, err)
	}
	defer m.close()
	if !valid(s.FD, n.ID) {
		return proceed(n.ID) // its caller is gone: this answer reaches nobody
	}
	given := make(sockaddr, min(uint32(size), unix.SizeofSockaddrAny))
	if err := m.read(given, ptr); err != nil {
		return proceed(n.ID) // the kernel says EFAULT better than we
	}
	original := s.memo.original(n.PID, ptr, given)
	to, v6, ok := original.parse()
	if !ok {
		return proceed(n.ID)
	}
	q := request{
		kind: kind, from: s.Header, to: to, v6: v6,
		protocol: once(func() services.Protocol { return protocol(n.PID, n.Args[0]) }),
		v6only:   func() bool { return s.v6only.has(n.PID, n.Args[0]) },
	}
	d := s.decide(n, q)
	switch {
	case d.errno != 0:
		return refuse(n.ID, d.errno)
	case !d.to.IsValid():
		return s.put(n, m, ptr, given, original)
	}
	wanted := original.with(d.to)
	if d.service {
		s.memo.remember(n.PID, ptr, original, wanted)
	}
	return s.put(n, m, ptr, given, wanted)
}

// decide keeps datagrams of one socket to one Service at one endpoint, as
// connection tracking would.
func (s *supervisor) decide(n notification, q request) decision {
	if q.kind != callSend {
		return s.rules.decide(q)
	}
	socket := ""
	if a := q.to.Addr().Unmap(); a.Is4() && !a.IsLoopback() {
		socket, _ = inode(n.PID, n.Args[0])
	}
	if d, ok := s.flows.find(socket, q.to); ok {
		return d
	}
	d := s.rules.decide(q)
	if d.service && socket != "" {
		s.flows.keep(socket, q.to, d)
	}
	return d
}

// put makes the caller's memory say wanted and lets the call continue.
func (s *supervisor) put(n notification, m memory, ptr uint64, given, wanted sockaddr) response {
	if string(given) != string(wanted) {
		if !valid(s.FD, n.ID) {
			return proceed(n.ID)
		}
		if err := m.write(wanted, ptr); err != nil {
			s.log.Error("cannot write a caller's address", "error", err)
			return refuse(n.ID, unix.EFAULT)
		}
	}
	return proceed(n.ID)
}

// blind is a caller whose memory is closed to us: its call goes on as it is,
// and the log says, once a program, why addresses do not work for it.
func (s *supervisor) blind(n notification, err error) response {
	if err != unix.ENOENT && err != unix.ESRCH && valid(s.FD, n.ID) {
		s.blinded.Do(func() {
			s.log.Error("cannot open a caller's memory, so this program's addresses are not rewritten: "+launch.WhyBlind(launch.PtraceScope()), "caller", n.PID, "error", err)
		})
	}
	return proceed(n.ID)
}

// setV6Only takes note of sockets that are for IPv6 alone.
func (s *supervisor) setV6Only(n notification) response {
	m, err := s.memory(n.PID)
	if err != nil {
		return s.blind(n, err)
	}
	defer m.close()
	var value [4]byte
	if n.Args[4] < 4 || !valid(s.FD, n.ID) || m.read(value[:], n.Args[3]) != nil {
		return proceed(n.ID)
	}
	s.v6only.set(n.PID, n.Args[0], binary.NativeEndian.Uint32(value[:]) != 0)
	return proceed(n.ID)
}

func once[T any](f func() T) func() T {
	var v T
	asked := false
	return func() T {
		if !asked {
			v, asked = f(), true
		}
		return v
	}
}
