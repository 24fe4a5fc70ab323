package launch

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data (linux/seccomp.h) on a little-endian machine.
const (
	offNr   = 0
	offArch = 4
	offArgs = 16
)

// fail stands for "to the end of this rule" until a rule is put together.
const fail = 0xff

func load(off uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
}
func argLow(i uint32) unix.SockFilter  { return load(offArgs + 8*i) }
func argHigh(i uint32) unix.SockFilter { return load(offArgs + 8*i + 4) }
func equal(k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: yes, Jf: no}
}
func atLeast(k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: k, Jt: yes, Jf: no}
}
func verdict(k uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
}

// rule is: when the call is nr and every condition holds, return result.
func rule(nr, result uint32, conditions ...[]unix.SockFilter) []unix.SockFilter {
	body := []unix.SockFilter{load(offNr), equal(nr, 0, fail)}
	for _, c := range conditions {
		body = append(body, c...)
	}
	body = append(body, verdict(result))
	for i := range body {
		toEnd := uint8(len(body) - i - 1)
		if body[i].Code&0x07 != unix.BPF_JMP {
			continue
		}
		if body[i].Jt == fail {
			body[i].Jt = toEnd
		}
		if body[i].Jf == fail {
			body[i].Jf = toEnd
		}
	}
	return body
}

// oneOf: the low half of argument i is one of values.
func oneOf(i uint32, values ...uint32) []unix.SockFilter {
	c := []unix.SockFilter{argLow(i)}
	for n, v := range values {
		left := len(values) - n - 1
		if left == 0 {
			c = append(c, equal(v, 0, fail))
		} else {
			c = append(c, equal(v, uint8(left), 0))
		}
	}
	return c
}

func notNull(i uint32) []unix.SockFilter {
	return []unix.SockFilter{argLow(i), equal(0, 0, 2), argHigh(i), equal(0, fail, 0)}
}

// Lengths of socket addresses, the only thing about one that a filter can see.
const (
	lenInet    = 16
	lenInet6   = 28
	lenUnix    = 110
	lenStorage = 128
)

// internetLength passes over what cannot be an Internet address: netlink (12)
// and most unix sockets (110), which then cost nothing. Under PRoot it passes
// over every other length too: a call that is notified here is not seen by
// PRoot's own filter, which must translate the paths of unix sockets.
func internetLength(i uint32, exact bool) []unix.SockFilter {
	if exact {
		return oneOf(i, lenInet, lenInet6, lenStorage)
	}
	return []unix.SockFilter{argLow(i), atLeast(lenInet, 0, fail), atLeast(lenStorage+1, fail, 0), equal(lenUnix, fail, 0)}
}

// filter is the program for one launch.
func filter(o Options) []unix.SockFilter {
	const notify = unix.SECCOMP_RET_USER_NOTIF
	p := []unix.SockFilter{load(offArch), equal(auditArch, 1, 0), verdict(unix.SECCOMP_RET_ALLOW)}
	add := func(r []unix.SockFilter) { p = append(p, r...) }
	exact := o.OwnPidOne
	add(rule(unix.SYS_CONNECT, notify, internetLength(2, exact)))
	add(rule(unix.SYS_SENDTO, notify, notNull(4), internetLength(5, exact)))
	if o.Context == Pod {
		add(rule(unix.SYS_BIND, notify, internetLength(2, exact)))
		add(rule(unix.SYS_SETSOCKOPT, notify, oneOf(1, unix.IPPROTO_IPV6), oneOf(2, unix.IPV6_V6ONLY)))
	}
	if o.OwnPidOne {
		const refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		add(rule(unix.SYS_KILL, notify, oneOf(0, 1, ^uint32(0))))
		for _, nr := range []uint32{unix.SYS_TKILL, unix.SYS_TGKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_OPEN} {
			add(rule(nr, refuse, oneOf(0, 1)))
		}
	}
	if o.Hostname != "" {
		add(rule(unix.SYS_UNAME, notify))
	}
	if o.FakeIDs {
		ids := []uint32{unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETGROUPS, unix.SYS_SETREUID,
			unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID, unix.SYS_SETFSUID, unix.SYS_SETFSGID}
		for _, nr := range append(ids, changeOwner...) {
			add(rule(nr, unix.SECCOMP_RET_ERRNO))
		}
	}
	return append(p, verdict(unix.SECCOMP_RET_ALLOW))
}

// install puts the filter on the calling thread (and on what it will execute)
// and returns the listener.
func install(program []unix.SockFilter) (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, fmt.Errorf("set no_new_privs: %w", err)
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// WAIT_KILLABLE_RECV (Linux 5.19): a signal, such as Go's preemption,
	// does not make a call start again that the supervisor is working on.
	flags := []uintptr{unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER}
	var errno unix.Errno
	for _, f := range flags {
		var fd uintptr
		fd, _, errno = unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, f, uintptr(unsafe.Pointer(&prog)))
		if errno == 0 {
			return int(fd), nil
		}
		if errno != unix.EINVAL {
			break
		}
	}
	switch {
	case errors.Is(errno, unix.EBUSY):
		return -1, errors.New("this process already runs in a cluster's network (or under another seccomp supervisor), and the kernel allows only one: start it from outside, for example from a plain terminal")
	case errors.Is(errno, unix.EINVAL), errors.Is(errno, unix.ENOSYS):
		return -1, fmt.Errorf("this kernel has no seccomp user notification (Linux 5.5 or newer is needed): %w", errno)
	}
	return -1, fmt.Errorf("install the seccomp filter: %w", errno)
}
