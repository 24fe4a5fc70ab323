package podnet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a person at a shell with job control.
type terminal struct {
	l      *lab
	master *os.File
	shell  *exec.Cmd

	mu   sync.Mutex
	seen bytes.Buffer
	read int // what expect has passed
}

func newTerminal(l *lab) *terminal {
	l.t.Helper()
	need(l.t, "bash", "python3")
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		l.t.Skipf("no terminals here: %v", err)
	}
	raw, err := master.SyscallConn()
	if err != nil {
		l.t.Fatal(err)
	}
	var n int
	raw.Control(func(fd uintptr) {
		unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	})
	if err != nil {
		l.t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	defer slave.Close()
	t := &terminal{l: l, master: master, shell: exec.Command("bash", "--norc", "--noprofile", "-i")}
	t.shell.Dir, t.shell.Env = l.dir, append(os.Environ(), "PS1=outer> ", "TERM=dumb", "HISTFILE=")
	t.shell.Stdin, t.shell.Stdout, t.shell.Stderr = slave, slave, slave
	t.shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := t.shell.Start(); err != nil {
		l.t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			t.mu.Lock()
			t.seen.Write(buf[:n])
			t.mu.Unlock()
		}
	}()
	l.t.Cleanup(func() {
		master.Close() // hangs up
		t.shell.Process.Kill()
		t.shell.Wait()
		if l.t.Failed() {
			l.t.Logf("the terminal:\n%s", t.seen.String())
		}
	})
	t.expect("outer> ")
	return t
}

func (t *terminal) typed(s string) { t.master.WriteString(s) }

// expect waits until text appears after what was expected before.
func (t *terminal) expect(text string) {
	t.l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		t.mu.Lock()
		at := strings.Index(t.seen.String()[t.read:], text)
		if at >= 0 {
			t.read += at + len(text)
		}
		t.mu.Unlock()
		if at >= 0 {
			return
		}
	}
	t.l.t.Fatalf("the terminal does not show %q", text)
}

// foreground is the process group that what is typed reaches.
func (t *terminal) foreground() (group int) {
	raw, err := t.master.SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { group, err = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	}
	if err != nil {
		t.l.t.Fatal(err)
	}
	return group
}

// resumed waits until the job that shell's fg has named, which is before it
// has the terminal, has it and runs.
func (t *terminal) resumed(shell int) {
	t.l.t.Helper()
	t.l.until("the job is in the foreground", func() bool {
		job := t.foreground()
		return job != shell && !isStopped(job)
	})
}

// launch is the command line that runs command in a resident launch.
func (t *terminal) launch(command string) string {
	self, _ := os.Executable()
	return self + " launch --socket " + t.l.socket() + " --resident always --context lab -- " + command
}

func TestCtrlCReachesTheProgramOnce(t *testing.T) {
	l := yama(t)
	term := newTerminal(l)
	shell := term.foreground()
	if err := os.WriteFile(l.dir+"/count.py", []byte(counting), 0o600); err != nil {
		t.Fatal(err)
	}
	term.typed(term.launch("python3 count.py") + "\n")
	term.expect("ready")
	f, _ := firstChild(term.shell.Process.Pid)
	l.until("the front knows its program", func() bool { return knowsItsProgram(f) })
	for range 3 {
		term.typed("\x03")
		term.expect("took 2")
		time.Sleep(60 * time.Millisecond) // a second one would come now
	}
	term.typed("\x1a")
	term.expect("Stopped")
	term.expect("outer> ")
	term.typed("fg; echo code $?\n")
	term.expect("count.py")
	term.resumed(shell)
	term.typed("\x03")
	term.expect("took 2")
	time.Sleep(60 * time.Millisecond)
	syscall.Kill(f, syscall.SIGUSR2)
	term.expect("{2: 4}")
	term.expect("code 3")
}

func TestAShellWithJobControlWorksInAResidentLaunch(t *testing.T) {
	l := yama(t)
	term := newTerminal(l)
	outer := term.foreground()
	term.typed(term.launch("bash --norc --noprofile -i") + "\n")
	term.expect("outer> ") // the inner shell's too, until it has another
	term.typed("PS1='inner'$'> '\n")
	term.expect("inner> ")
	inner := term.foreground()
	term.typed(fetch + "; echo\n")
	term.expect("five")
	term.expect("inner> ")
	term.typed("sh -c 'echo here; exec sleep 100'\n")
	term.expect("\nhere") // which is not the typed line's
	term.typed("\x1a")
	term.expect("Stopped")
	term.expect("inner> ")
	term.typed("fg\n")
	term.expect("sleep 100")
	term.resumed(inner)
	term.typed("\x03")
	term.expect("inner> ")
	term.typed("suspend\n") // the inner shell itself
	term.expect("Stopped")
	term.expect("outer> ")
	term.typed("fg; echo code $?\n")
	term.expect("bash")
	term.resumed(outer)
	term.typed("exit 4\n")
	term.expect("code 4")
	term.expect("outer> ")
	term.typed("echo back again\n") // the outer shell has its terminal back
	term.expect("\nback again")
}
