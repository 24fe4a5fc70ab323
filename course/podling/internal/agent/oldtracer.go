package agent

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PRoot 5.1 is of 2014. A system call that it does not know passes by it with
// its path as it is: statx(2), which GNU ls and Rust use, then sees the
// machine's files instead of the container's. So in its containers the later
// calls that take a path, and clone3(2), whose flags it cannot read, do not
// exist: every C library falls back to what was there before.
var unknownToPRoot = []uint32{
	unix.SYS_EXECVEAT, unix.SYS_STATX,
	unix.SYS_IO_URING_SETUP, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSPICK,
	unix.SYS_CLONE3, unix.SYS_OPENAT2, unix.SYS_FACCESSAT2, unix.SYS_MOUNT_SETATTR, unix.SYS_FCHMODAT2,
}

// firstLater is setxattrat(2), and what came after it: this list ends there.
// Numbers of amd64's x32 calls are far above.
const firstLater = 463

const auditArchAMD64, auditArchARM64 = 0xc000003e, 0xc00000b7

// hideLaterCalls installs the filter on all threads; what is started later
// inherits it.
func hideLaterCalls() error {
	arch := uint32(auditArchAMD64)
	if runtime.GOARCH == "arm64" {
		arch = auditArchARM64
	}
	program := laterCallsFilter(arch)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return fmt.Errorf("seccomp filter: %w", errno)
	}
	return nil
}

// laterCallsFilter is a program over struct seccomp_data: nr at 0, arch at 4.
func laterCallsFilter(arch uint32) []unix.SockFilter {
	statement := func(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }
	load := uint16(unix.BPF_LD | unix.BPF_W | unix.BPF_ABS)
	n := uint8(len(unknownToPRoot))
	program := []unix.SockFilter{
		statement(load, 4),
		// Another architecture's programs (i386) have none of glibc's new calls
		// by these numbers: they pass.
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: arch, Jf: n + 2},
		statement(load, 0),
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: firstLater, Jt: n + 1},
	}
	for i, number := range unknownToPRoot {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jt: n - uint8(i)})
	}
	return append(program,
		statement(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW),
		statement(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
}
