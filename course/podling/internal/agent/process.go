package agent

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// start runs a process and answers Started or Failed.
func (s *supervisor) start(m *Message, fds []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := &Message{Kind: KindStarted, ID: m.ID}
	master, err := s.spawn(m, fds, reply)
	if err != nil {
		reply.Kind, reply.Error = KindFailed, err.Error()
		reply.Code = 126
		if errors.Is(err, errNotFound) || errors.Is(err, unix.ENOENT) {
			reply.Code = 127
		}
	}
	if master < 0 {
		_ = s.conn.Send(reply)
		return
	}
	_ = s.conn.Send(reply, master)
	_ = unix.Close(master)
}

// spawn forks the process; master is its terminal, or -1. It is called with the lock.
func (s *supervisor) spawn(m *Message, fds []int, reply *Message) (master int, err error) {
	p := m.Process
	if p == nil || len(p.Argv) == 0 {
		return -1, errors.New("no command specified")
	}
	attr := &syscall.ProcAttr{Dir: p.Cwd, Env: p.Env, Sys: &syscall.SysProcAttr{Setsid: true}}
	if attr.Dir == "" {
		attr.Dir = "/"
	}
	if m.Kind == KindStart { // the working directory of an image need not be in it
		_ = os.MkdirAll(attr.Dir, 0o755)
	}
	path, err := lookPath(p.Argv[0], p.Env, attr.Dir)
	if err != nil {
		return -1, err
	}
	master = -1
	if p.TTY {
		var slave int
		if master, slave, err = openTerminal(p.Rows, p.Cols); err != nil {
			return -1, fmt.Errorf("open a terminal: %w", err)
		}
		defer unix.Close(slave)
		attr.Files = []uintptr{uintptr(slave), uintptr(slave), uintptr(slave)}
		attr.Sys.Setctty = true
	} else {
		if len(fds) != 3 {
			return -1, fmt.Errorf("got %d descriptors for stdio instead of 3", len(fds))
		}
		attr.Files = []uintptr{uintptr(fds[0]), uintptr(fds[1]), uintptr(fds[2])}
	}

	pid, err := s.fork(path, p.Argv, attr)
	if err != nil {
		if master >= 0 {
			_ = unix.Close(master)
		}
		return -1, execError(p.Argv[0], attr.Dir, err)
	}
	s.children[pid] = m.ID
	if m.Kind == KindStart {
		s.main = pid
		s.speakAs(attr.Files)
	}
	reply.PID = pid
	return master, nil
}

// speakAs makes the container's output this process's, too: `echo words
// >/proc/1/fd/1` is how hooks write to a container's log.
func (s *supervisor) speakAs(files []uintptr) {
	for _, to := range []int{1, 2} {
		_ = unix.Dup3(int(files[to]), to, 0)
	}
}

var errNotFound = errors.New("executable file not found in $PATH")

// lookPath finds a command as runc does: by the container's own PATH, with
// the words that people know.
func lookPath(name string, env []string, dir string) (string, error) {
	if strings.Contains(name, "/") {
		path := name
		if !strings.HasPrefix(path, "/") {
			path = dir + "/" + path
		}
		if err := executable(path); err != nil {
			return "", fmt.Errorf("exec: %q: %w", name, err)
		}
		return name, nil
	}
	var denied error
	for _, entry := range strings.Split(pathOf(env), ":") {
		if entry == "" {
			entry = "."
		}
		path := entry + "/" + name
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, unix.EACCES) {
			denied = err
		}
	}
	if denied != nil {
		return "", fmt.Errorf("exec: %q: %w", name, denied)
	}
	return "", fmt.Errorf("exec: %q: %w", name, errNotFound)
}

func pathOf(env []string) string {
	path := ""
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, "PATH="); ok {
			path = value
		}
	}
	return path
}

// executable is nil for a file that may be run.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			return fmt.Errorf("stat %s: %w", path, pathErr.Err)
		}
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("is a directory: %w", unix.EACCES)
	}
	if info.Mode()&0o111 == 0 {
		return unix.EACCES
	}
	return nil
}

func execError(name, dir string, err error) error {
	if _, statErr := os.Stat(dir); statErr != nil {
		return fmt.Errorf("chdir to cwd (%q) set in config.json failed: %w", dir, err)
	}
	if errors.Is(err, unix.ENOEXEC) {
		return fmt.Errorf("exec %s: exec format error", name)
	}
	return fmt.Errorf("exec %s: %w", name, err)
}

// openTerminal makes a terminal in the container's own devpts, so that `tty`
// and ps name it rightly.
func openTerminal(rows, cols uint16) (master, slave int, err error) {
	master, err = unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("/dev/ptmx: %w", err)
	}
	if err = unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err == nil {
		slave, err = openPeer(master)
	}
	if err != nil {
		_ = unix.Close(master)
		return -1, -1, err
	}
	if rows > 0 && cols > 0 {
		_ = unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	}
	return master, slave, nil
}

// openPeer opens the other side of a terminal; by name where the kernel or a
// filter knows no TIOCGPTPEER.
func openPeer(master int) (int, error) {
	flags := unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, uintptr(flags))
	if errno == 0 {
		return int(fd), nil
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return -1, err
	}
	return unix.Open(fmt.Sprintf("/dev/pts/%d", n), flags, 0)
}

func namePointer(name string) unsafe.Pointer {
	p, _ := unix.BytePtrFromString(name)
	return unsafe.Pointer(p)
}
