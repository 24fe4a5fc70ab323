package agent

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forkExec is syscall.ForkExec with a plain fork. Go's own child shares its
// parent's memory until it executes (as vfork does), and PRoot 5.1 takes that
// to mean that both have one heap for ever: each program that the agent starts
// would then move the break of the others, and they crash in malloc.
//
// Between fork and exec the child has a copy of this process with one thread:
// it makes raw system calls only, on memory made ready before, with all
// signals blocked.
func forkExec(path string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	c := new(child)
	if c.path, err = unix.BytePtrFromString(path); err != nil {
		return 0, err
	}
	if c.dir, err = unix.BytePtrFromString(attr.Dir); err != nil {
		return 0, err
	}
	if c.argv, err = syscall.SlicePtrFromStrings(argv); err != nil {
		return 0, err
	}
	if c.envv, err = syscall.SlicePtrFromStrings(attr.Env); err != nil {
		return 0, err
	}
	copy(c.files[:], attr.Files)
	c.terminal = attr.Sys.Setctty

	syscall.ForkLock.Lock()
	var report [2]int // the errno of a failed exec; ends empty at a good one
	if err := unix.Pipe2(report[:], unix.O_CLOEXEC); err != nil {
		syscall.ForkLock.Unlock()
		return 0, err
	}
	c.report = uintptr(report[1])
	pid, err = c.fork()
	syscall.ForkLock.Unlock()
	_ = unix.Close(report[1])
	defer unix.Close(report[0])
	if err != nil {
		return 0, err
	}
	var errno [4]byte
	n, _ := readAll(report[0], errno[:])
	if n == 0 {
		return pid, nil
	}
	_, _ = unix.Wait4(pid, nil, 0, nil)
	return 0, unix.Errno(binary.NativeEndian.Uint32(errno[:]))
}

func readAll(fd int, into []byte) (n int, err error) {
	for {
		n, err = unix.Read(fd, into)
		if err != unix.EINTR {
			return n, err
		}
	}
}

type child struct {
	path, dir  *byte
	argv, envv []*byte
	files      [3]uintptr
	terminal   bool
	report     uintptr
}

func (c *child) fork() (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old, none unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, err
	}
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		c.run(&none)
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	if errno != 0 {
		return 0, errno
	}
	return int(pid), nil
}

// run is the child; it does not return. The parent may have been asked to
// yield just before the fork. A function's first instructions heed that, and
// the child would wait for ever for threads that it does not have: so nosplit,
// which leaves them out.
//
//go:nosplit
func (c *child) run(none *unix.Sigset_t) {
	_, _, errno := syscall.RawSyscall(unix.SYS_SETSID, 0, 0, 0)
	for to := uintptr(0); errno == 0 && to < 3; to++ { // the sources are above 2
		_, _, errno = syscall.RawSyscall(unix.SYS_DUP3, c.files[to], to, 0)
	}
	if errno == 0 && c.terminal {
		_, _, errno = syscall.RawSyscall(unix.SYS_IOCTL, 0, unix.TIOCSCTTY, 1)
	}
	if errno == 0 {
		_, _, errno = syscall.RawSyscall(unix.SYS_CHDIR, uintptr(unsafe.Pointer(c.dir)), 0, 0)
	}
	if errno == 0 {
		syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(none)), 0, 8, 0, 0)
		_, _, errno = syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(c.path)),
			uintptr(unsafe.Pointer(&c.argv[0])), uintptr(unsafe.Pointer(&c.envv[0])))
	}
	code := uint32(errno)
	syscall.RawSyscall(unix.SYS_WRITE, c.report, uintptr(unsafe.Pointer(&code)), 4)
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
	}
}
