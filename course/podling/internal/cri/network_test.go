package cri_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/cri"
	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet"
)

// kEnv is the test's part of loopback; tests of other packages run at the same
// time.
const kEnv = "PODLING_TEST_K"

// netEnv makes the test program the net process of a cluster.
const netEnv = "PODLING_TEST_NET"

func testNetwork() addr.Network {
	first := 1024
	if data, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		first, _ = strconv.Atoi(strings.TrimSpace(string(data)))
	}
	k, err := strconv.Atoi(os.Getenv(kEnv))
	if err != nil { // the first process of the test
		k = 20 + os.Getpid()%60
		_ = os.Setenv(kEnv, strconv.Itoa(k))
	}
	return addr.Network{K: byte(k), FirstFreePort: uint16(first)}
}

func netForTest() int {
	err := podnet.Run(context.Background(), podnet.Config{Network: testNetwork(), ControlFD: 3,
		Kubeconfig: "/nonexistent", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// inNetwork gives a node the keeper's launch socket, with a net behind it.
func inNetwork(t *testing.T) func(*cri.Config) {
	socket := filepath.Join(shortDir(t), "launch.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	board, err := launch.NewSwitchboard(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	keeper, child, err := launch.ControlPair()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), netEnv+"=1", "PODLING_TEST_LAUNCH="+launchProgram)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{child}, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child.Close()
	go func() { _ = board.Serve(ctx, listener) }()
	go board.Attach(ctx, keeper)
	t.Cleanup(func() {
		cancel()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		board.Close()
	})
	return func(c *cri.Config) { c.LaunchSocket = socket }
}

func TestPodsReachEachOtherByAddress(t *testing.T) {
	for _, executor := range []string{"userns", "proot"} {
		t.Run(executor, func(t *testing.T) {
			n := startNode(t, executor, inNetwork(t))
			n.pull(busybox)
			web, client := n.pod("web"), n.pod("client")
			server := web.start([]string{"sh", "-c", "echo page >/tmp/index.html; exec httpd -f -p 80 -h /tmp"})
			shell := client.start([]string{"sleep", "1000"})
			get := func(id, address string) string {
				out, _ := n.exec(id, "wget", "-q", "-O-", "http://"+address+"/")
				return out
			}
			until(t, "the page comes", func() bool { return get(shell, "10.244.0.2") == "page\n" })
			if got := get(server, "127.0.0.1"); got != "page\n" {
				t.Errorf("localhost in the pod: %q", got)
			}
			if got := get(shell, "127.0.0.1"); got == "page\n" {
				t.Error("localhost of one pod is another's")
			}
			if out, code := n.exec(shell, "sh", "-c", "echo >/tmp/f && chown 33:33 /tmp/f"); code != 0 {
				t.Errorf("chown: %s", out)
			}
			// pid 1 is the image's process, as on any cluster.
			deaf := client.start([]string{"sh", "-c", "trap 'echo got; exit 3' TERM; echo ready; while true; do sleep 0.05; done"})
			until(t, "the trap is set", func() bool { return strings.Contains(n.log(deaf), "ready") })
			n.exec(deaf, "kill", "1")
			if s := n.exited(deaf); s.ExitCode != 3 {
				t.Errorf("kill 1: %d", s.ExitCode)
			}
			if executor == "proot" {
				return
			}
			if out, _ := n.exec(shell, "hostname"); out != "client\n" {
				t.Errorf("host name %q", out)
			}
		})
	}
}

func TestPodsStartFastInTheNetwork(t *testing.T) {
	n := startNode(t, "auto", inNetwork(t))
	n.pull(busybox)
	p := n.pod("fast")
	id := p.create([]string{"sleep", "1000"})
	before := time.Now()
	n.startCreated(id)
	t.Logf("StartContainer with the launcher: %v", time.Since(before))
	if _, err := n.runtime.StopPodSandbox(within(t, patience), &runtimeapi.StopPodSandboxRequest{PodSandboxId: p.id}); err != nil {
		t.Fatal(err)
	}
}
