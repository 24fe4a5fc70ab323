package cri_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/cri"
)

// helperEnv makes the test program a node of its own, which can be killed.
const helperEnv = "PODLING_TEST_NODE"

type helperConfig struct{ Dir, Registries, Executor, LaunchSocket string }

func serveForTest() int {
	var h helperConfig
	if err := json.Unmarshal([]byte(os.Getenv(helperEnv)), &h); err != nil {
		panic(err)
	}
	config := testConfig(h.Dir, h.Registries, h.Executor)
	config.LaunchSocket = h.LaunchSocket
	config.Ready = func(cri.Information) { fmt.Println("ready") }
	if err := cri.Serve(context.Background(), config); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// startNodeProcess is startNode in a process of its own.
func startNodeProcess(t *testing.T, executor string) (*node, *exec.Cmd) {
	t.Helper()
	dir := shortDir(t)
	n := &node{t: t, logs: filepath.Join(dir, "logs"), config: testConfig(dir, mirrorFile(t, dir), executor)}
	return n, n.spawn()
}

func (n *node) spawn() *exec.Cmd {
	n.t.Helper()
	text, _ := json.Marshal(helperConfig{filepath.Dir(n.config.Socket), n.config.Registries, n.config.Executor, n.config.LaunchSocket})
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+string(text), "PODLING_TEST_LAUNCH="+launchProgram)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		n.t.Skipf("no node: %s", line)
	}
	n.connect()
	return cmd
}

// busyContainer starts a container with a tree of processes: children in
// sessions of their own, orphans and a deaf one. All show marker as argument.
func busyContainer(p *pod, marker string) string {
	script := fmt.Sprintf(`trap '' TERM HUP INT
sleep %[1]s & (sleep %[1]s & sleep %[1]s &) ; sh -c "trap '' TERM; sleep %[1]s & sleep %[1]s"; sleep %[1]s`, marker)
	return p.start([]string{"sh", "-c", script})
}

// alive lists the processes that show marker.
func alive(marker string) (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		data, _ := os.ReadFile(name)
		if bytes.Contains(data, []byte(marker)) {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

func newMarker() string { return strconv.Itoa(1_000_000 + rand.IntN(900_000_000)) }

// runtimePids are the executor's process and the agent's, on the machine.
func (n *node) runtimePids(id string) (executor, agent int) {
	n.t.Helper()
	r, err := n.runtime.ContainerStatus(within(n.t, patience), &runtimeapi.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if err != nil {
		n.t.Fatal(err)
	}
	executor, err = strconv.Atoi(r.Info["pid"])
	if err != nil {
		n.t.Fatal(err)
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		data, _ := os.ReadFile(name)
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(executor) {
			agent, _ = strconv.Atoi(strings.Split(name, "/")[2])
		}
	}
	if agent == 0 {
		n.t.Fatal("no agent below the executor")
	}
	return executor, agent
}

func gone(t *testing.T, marker string, pids ...int) {
	t.Helper()
	until(t, "all processes are gone", func() bool {
		for _, pid := range pids {
			if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !bytes.Contains(state, []byte(") Z ")) {
				return false
			}
		}
		return len(alive(marker)) == 0
	})
}

func TestWhateverIsKilledNoProcessIsLeft(t *testing.T) {
	for _, executor := range []string{"userns", "proot"} {
		t.Run(executor, func(t *testing.T) {
			n, cmd := startNodeProcess(t, executor)
			n.pull(busybox)
			p := n.pod("faults")
			victims := map[string]func(executor, agent int) int{
				"the executor": func(executor, _ int) int { return executor },
				"the agent":    func(_, agent int) int { return agent },
				"the node":     func(int, int) int { return cmd.Process.Pid },
			}
			for _, name := range []string{"the executor", "the agent", "the node"} {
				marker := newMarker()
				id := busyContainer(p, marker)
				until(t, "the tree stands", func() bool { return len(alive(marker)) >= 6 })
				executorPid, agent := n.runtimePids(id)
				if err := unix.Kill(victims[name](executorPid, agent), unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
				before := time.Now()
				gone(t, marker, executorPid, agent)
				t.Logf("kill -9 of %s: all gone within %v", name, time.Since(before).Round(time.Millisecond))
				if name == "the node" {
					break
				}
				if s := n.exited(id); s.ExitCode != 137 || s.Reason != "Error" {
					t.Errorf("kill -9 of %s: %d %s", name, s.ExitCode, s.Reason)
				}
			}
			// A new node starts empty, on the same folder and socket, with its images.
			_ = cmd.Wait()
			n.spawn()
			list, err := n.runtime.ListPodSandbox(within(t, patience), &runtimeapi.ListPodSandboxRequest{})
			if err != nil || len(list.Items) != 0 {
				t.Fatalf("%v %v", list, err)
			}
			again := n.pod("again").start([]string{"echo", "again"})
			n.exited(again)
		})
	}
}

func TestTheEndOfTheMainProcessEndsTheContainer(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("end")
		marker := newMarker()
		id := p.start([]string{"sh", "-c", fmt.Sprintf("trap '' HUP TERM; sleep %[1]s & (sleep %[1]s &); exit 9", marker)})
		if s := n.exited(id); s.ExitCode != 9 {
			t.Errorf("exit code %d", s.ExitCode)
		}
		if left := alive(marker); len(left) > 0 {
			t.Errorf("processes %v outlive their container", left)
		}
		stopped := busyContainer(p, marker)
		until(t, "the tree stands", func() bool { return len(alive(marker)) >= 6 })
		if _, err := n.runtime.StopPodSandbox(within(t, patience), &runtimeapi.StopPodSandboxRequest{PodSandboxId: p.id}); err != nil {
			t.Fatal(err)
		}
		if left := alive(marker); len(left) > 0 || n.status(stopped).State != runtimeapi.ContainerState_CONTAINER_EXITED {
			t.Errorf("processes %v outlive their pod", left)
		}
		marker = newMarker()
		q := n.pod("serve")
		busyContainer(q, marker)
		n.stop() // the node ends in good order
		gone(t, marker)
	})
}

// TestAsAnOrdinaryUser runs the other tests again without root's rights.
func TestAsAnOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("this is one")
	}
	dir := shortDir(t)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "cri.test")
	for from, to := range map[string]string{os.Args[0]: program, launchProgram: filepath.Join(dir, "podling-launch")} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", program, "-test.v", "-test.timeout=5m")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), kEnv+"=", "TMPDIR="+dir, "HOME="+dir, "PODLING_TEST_LAUNCH="+filepath.Join(dir, "podling-launch"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "--- ") {
			t.Log(strings.TrimSpace(line))
		}
	}
}
