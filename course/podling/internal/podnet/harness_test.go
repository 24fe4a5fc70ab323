package podnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/launch"
)

// patience is for what must happen, however slow the machine: only a fault
// takes so long.
const patience = 30 * time.Second

// lab is a test's small cluster: a keeper in this process, and a net.
type lab struct {
	t     *testing.T
	dir   string
	world world
	net   addr.Network
	board *launch.Switchboard

	mu   sync.Mutex
	proc *exec.Cmd
	done chan struct{}
	log  *bytes.Buffer
}

func newLab(t *testing.T, w world) *lab {
	t.Helper()
	dir, err := os.MkdirTemp("", "podnet") // t.TempDir's paths are too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, dir: dir, world: w, log: &bytes.Buffer{}}
	l.world.K = freeK(t)
	l.world.Refused = w.Refused || os.Getenv("PODNET_TEST_YAMA") != ""
	l.net = testNetwork(l.world.K)
	if l.world.ResolvConf == "" {
		l.world.ResolvConf = "/etc/resolv.conf"
	}
	l.save()
	if l.board, err = launch.NewSwitchboard(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: l.socket(), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go l.board.Serve(ctx, socket)
	l.startNet()
	t.Cleanup(func() {
		l.waitEmpty()
		cancel()
		l.killNet()
		l.board.Close()
		if t.Failed() {
			l.mu.Lock()
			t.Logf("net's log:\n%s", l.log)
			l.mu.Unlock()
		}
		os.RemoveAll(dir)
	})
	return l
}

// freeK takes a /16 of loopback in which nobody has the name server's address.
func freeK(t *testing.T) byte {
	for k := 100 + os.Getpid()%100; k < 250; k++ {
		n := testNetwork(byte(k))
		at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(n.PodDNS(), n.Port(53)))
		if c, err := net.ListenUDP("udp4", at); err == nil {
			c.Close()
			return byte(k)
		}
	}
	t.Fatal("no free part of loopback")
	return 0
}

func (l *lab) socket() string { return filepath.Join(l.dir, "s") }

func (l *lab) save() {
	l.world.Generation++
	b, err := json.Marshal(l.world)
	if err != nil {
		l.t.Fatal(err)
	}
	tmp := filepath.Join(l.dir, "world.new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(l.dir, "world")); err != nil {
		l.t.Fatal(err)
	}
}

// reload gives the running net a new world, and returns when net has it.
func (l *lab) reload() {
	l.t.Helper()
	l.save()
	l.until("net has its new world", func() bool {
		b, _ := os.ReadFile(filepath.Join(l.dir, "world.loaded"))
		return string(b) == strconv.Itoa(l.world.Generation)
	})
}

func (l *lab) startNet() {
	l.t.Helper()
	keeper, child, err := launch.ControlPair()
	if err != nil {
		l.t.Fatal(err)
	}
	c := exec.Command("/proc/self/exe", "net", filepath.Join(l.dir, "world"))
	c.ExtraFiles = []*os.File{child}
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.Stderr = lockedWriter{&l.mu, l.log}
	if err := c.Start(); err != nil {
		l.t.Fatal(err)
	}
	child.Close()
	l.proc, l.done = c, make(chan struct{})
	go func(done chan struct{}) { c.Wait(); close(done) }(l.done)
	go l.board.Attach(context.Background(), keeper)
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(p)
}

func (l *lab) killNet() {
	l.proc.Process.Kill()
	<-l.done
}

// waitEmpty holds the keeper to its promise that nothing is left behind.
func (l *lab) waitEmpty() {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if len(l.board.Live()) == 0 {
			return
		}
	}
	l.t.Errorf("listeners are left behind: %+v", l.board.Live())
}

// launched is a program in the cluster's network.
func (l *lab) launched(flags []string, command ...string) *exec.Cmd {
	args := []string{"launch", "--socket", l.socket()}
	if l.world.Refused && flags[1] == string(launch.Lab) {
		args = append(args, "--resident", "always")
	}
	args = append(args, flags...)
	c := exec.Command("/proc/self/exe", append(append(args, "--"), command...)...)
	c.Dir = l.dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return c
}

func (l *lab) pod(i byte) []string {
	a, _ := l.net.Loopback(addr.Pod(0, i))
	return []string{"--context", "pod", "--address", a.String(), "--name", fmt.Sprintf("pod-%d", i)}
}

var asLab = []string{"--context", "lab"}

// start runs a program until the test's end.
func (l *lab) start(flags []string, command ...string) {
	l.t.Helper()
	c := l.launched(flags, command...)
	c.Stdout, c.Stderr = lockedWriter{&l.mu, l.log}, lockedWriter{&l.mu, l.log}
	if err := c.Start(); err != nil {
		l.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { c.Wait(); close(done) }()
	l.t.Cleanup(func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL); <-done })
}

// run runs a program to its end and returns what it printed.
func (l *lab) run(flags []string, command ...string) (string, error) {
	l.t.Helper()
	c := l.launched(flags, command...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		l.t.Fatal(err)
	}
	t := time.AfterFunc(2*patience, func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	defer t.Stop()
	began := time.Now()
	err := c.Wait()
	if d := time.Since(began); d > time.Second {
		l.t.Logf("%q took %v", command, d)
	}
	return strings.TrimSpace(out.String()), err
}

func (l *lab) want(wanted string, flags []string, command ...string) {
	l.t.Helper()
	if got, err := l.run(flags, command...); err != nil || got != wanted {
		l.t.Errorf("%v %q:\n got %q, %v\nwant %q", flags, command, got, err, wanted)
	}
}

// web serves page at port of a pod, and waits until it does.
func (l *lab) web(i byte, port, page string) {
	l.t.Helper()
	need(l.t, "busybox", "curl")
	dir := filepath.Join(l.dir, fmt.Sprintf("web%d-%s", i, port))
	os.MkdirAll(dir, 0o755)
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(page), 0o644); err != nil {
		l.t.Fatal(err)
	}
	l.start(l.pod(i), "busybox", "httpd", "-f", "-p", port, "-h", dir)
	l.answers(i, port)
}

func (l *lab) answers(i byte, port string) {
	l.t.Helper()
	var p uint16
	fmt.Sscan(port, &p)
	a, _ := l.net.Loopback(addr.Pod(0, i))
	at := netip.AddrPortFrom(a, l.net.Port(p)).String()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", at); err == nil {
			c.Close()
			return
		}
	}
	l.t.Fatalf("nobody serves at %s; log:\n%s", at, l.log)
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("this machine has no %s", p)
		}
	}
}
