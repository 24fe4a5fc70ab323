package cri_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestExitCodesAndReasonsAreContainerds(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("codes")
		for _, c := range []struct {
			script string
			code   int32
			reason string
		}{{"exit 0", 0, "Completed"}, {"exit 7", 7, "Error"}, {"kill -9 $$", 137, "Error"}, {"kill -TERM $$", 143, "Error"}} {
			s := n.exited(p.start([]string{"sh", "-c", c.script}))
			if s.ExitCode != c.code || s.Reason != c.reason || s.FinishedAt < s.StartedAt || s.StartedAt == 0 {
				t.Errorf("%q: %d %s, want %d %s", c.script, s.ExitCode, s.Reason, c.code, c.reason)
			}
		}
	})
}

func TestACommandThatIsNotThereIsAStartError(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("wrong")
		for argv, want := range map[string]string{
			"nonsense":      `exec: "nonsense": executable file not found in $PATH`,
			"/bin/nonsense": `exec: "/bin/nonsense": stat /bin/nonsense: no such file or directory`,
			"/etc/passwd":   `exec: "/etc/passwd": permission denied`,
		} {
			id := p.create([]string{argv})
			_, err := n.runtime.StartContainer(within(t, patience), &runtimeapi.StartContainerRequest{ContainerId: id})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("start %s: %v", argv, err)
			}
			s := n.status(id)
			if s.State != runtimeapi.ContainerState_CONTAINER_EXITED || s.Reason != "StartError" || s.ExitCode != 128 ||
				!strings.Contains(s.Message, want) {
				t.Fatalf("status of %s: %v", argv, s)
			}
		}
		id := p.start([]string{"sleep", "100"})
		_, err := n.runtime.ExecSync(within(t, patience), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"nonsense"}})
		if err == nil || !strings.Contains(err.Error(), `exec: "nonsense": executable file not found in $PATH`) {
			t.Fatalf("exec: %v", err)
		}
	})
}

func TestStopSendsTheSignalAndKillsAfterTheTimeout(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("stop")
		stop := func(id string, seconds int64) time.Duration {
			before := time.Now()
			if _, err := n.runtime.StopContainer(within(t, 3*patience), &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: seconds}); err != nil {
				t.Fatal(err)
			}
			return time.Since(before)
		}
		polite := p.start([]string{"sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while true; do sleep 0.05; done"})
		until(t, "the trap is set", func() bool { return strings.Contains(n.log(polite), "ready") })
		if took := stop(polite, 60); took > 20*time.Second {
			t.Errorf("a polite container took %v", took)
		}
		if s := n.status(polite); s.ExitCode != 0 || !strings.Contains(n.log(polite), "bye") {
			t.Errorf("polite: %v %q", s.ExitCode, n.log(polite))
		}
		deaf := p.start([]string{"sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.05; done"})
		until(t, "the trap is set", func() bool { return strings.Contains(n.log(deaf), "ready") })
		if took := stop(deaf, 1); took < time.Second || took > 20*time.Second {
			t.Errorf("a deaf container took %v", took)
		}
		if s := n.status(deaf); s.ExitCode != 137 || s.Reason != "Error" {
			t.Errorf("deaf: %v", s)
		}
		// It starts again in the same pod, as a new container.
		again := p.start([]string{"echo", "again"})
		n.exited(again)
		if log := n.log(again); log != "stdout F again\n" {
			t.Errorf("again: %q", log)
		}
	})
}

func TestLongAndUnfinishedLinesArePartial(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("lines")
		id := p.start([]string{"sh", "-c", "head -c 40000 /dev/zero | tr '\\0' x; echo; echo; printf end"})
		n.exited(id)
		var shape []string
		for line := range strings.Lines(n.log(id)) {
			parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
			shape = append(shape, parts[1]+string(rune('0'+len(parts[2])/10000)))
		}
		if got := strings.Join(shape, " "); got != "P1 P1 F0 F0 P0" {
			t.Fatalf("entries: %s", got)
		}
		if log := n.log(id); !strings.HasSuffix(log, "stdout P end\n") || strings.Count(log, "x") != 40000 {
			t.Fatal("content was lost")
		}
	})
}

func TestExecSyncEndsAtItsTimeout(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("timeout")
		id := p.start([]string{"sleep", "100"})
		before := time.Now()
		_, err := n.runtime.ExecSync(within(t, patience), &runtimeapi.ExecSyncRequest{ContainerId: id,
			Cmd: []string{"sh", "-c", "sleep 77 & sleep 77"}, Timeout: 1})
		if status.Code(err) != codes.DeadlineExceeded || time.Since(before) > 20*time.Second {
			t.Fatalf("after %v: %v", time.Since(before), err)
		}
		until(t, "the command is gone", func() bool {
			out, _ := n.exec(id, "ps", "-o", "args")
			return !strings.Contains(out, "sleep 77")
		})
		// What a command leaves in the background does not hold it up for ever.
		before = time.Now()
		if out, code := n.exec(id, "sh", "-c", "sleep 78 & echo done"); out != "done\n" || code != 0 || time.Since(before) > 20*time.Second {
			t.Fatalf("background: %q %d %v", out, code, time.Since(before))
		}
	})
}

func TestThePodsRecordsAreListedAndRemoved(t *testing.T) {
	n := startNode(t, "auto")
	n.pull(busybox)
	a, b := n.pod("a"), n.pod("b")
	one := a.start([]string{"sleep", "100"}, func(c *runtimeapi.ContainerConfig) { c.Labels = map[string]string{"x": "1"} })
	b.start([]string{"sleep", "100"})
	ctx := within(t, patience)
	list, err := n.runtime.ListContainers(ctx, &runtimeapi.ListContainersRequest{Filter: &runtimeapi.ContainerFilter{LabelSelector: map[string]string{"x": "1"}}})
	if err != nil || len(list.Containers) != 1 || list.Containers[0].Id != one {
		t.Fatalf("%v %v", list, err)
	}
	ip := func(p *pod) string {
		r, err := n.runtime.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: p.id})
		if err != nil {
			t.Fatal(err)
		}
		return r.Status.Network.Ip
	}
	if ip(a) != "10.244.0.2" || ip(b) != "10.244.0.3" {
		t.Fatalf("addresses %s %s", ip(a), ip(b))
	}
	stats, err := n.runtime.ListContainerStats(ctx, &runtimeapi.ListContainerStatsRequest{})
	if err != nil || len(stats.Stats) != 2 || stats.Stats[0].Memory.WorkingSetBytes.Value < 100<<10 {
		t.Fatalf("stats: %v %v", stats, err)
	}
	t.Logf("resident with agent and executor: %d KiB", stats.Stats[0].Memory.WorkingSetBytes.Value>>10)
	if _, err := n.runtime.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: a.id}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.runtime.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: one}); status.Code(err) != codes.NotFound {
		t.Fatalf("removed container: %v", err)
	}
	if _, err := n.runtime.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: a.id}); err != nil {
		t.Fatalf("removing twice: %v", err)
	}
	if ready, err := n.runtime.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{}); err != nil || len(ready.Items) != 1 {
		t.Fatalf("%v %v", ready, err)
	}
}
