package podnet

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// uname is uname(2) in a container without a namespace for host names: the
// machine's answer with the pod's name in it. gethostname(3) asks this too.
func (s *supervisor) uname(n notification) response {
	var answer unix.Utsname
	if err := unix.Uname(&answer); err != nil {
		return proceed(n.ID)
	}
	clear(answer.Nodename[:])
	copy(answer.Nodename[:len(answer.Nodename)-1], s.Hostname)
	m, err := s.memory(n.PID)
	if err != nil {
		return s.blind(n, err)
	}
	defer m.close()
	if !valid(s.FD, n.ID) {
		return proceed(n.ID) // its caller is gone: this answer reaches nobody
	}
	if err := m.write(unsafe.Slice((*byte)(unsafe.Pointer(&answer)), unsafe.Sizeof(answer)), n.Args[0]); err != nil {
		return refuse(n.ID, unix.EFAULT)
	}
	return succeed(n.ID)
}
