package cri_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// patience is for what must happen, however slow the machine: only a fault
// takes so long. What a test would see by a time is longer: sleeps of 77 s and
// more, a grace period of 60.
const patience = 30 * time.Second

// within is a context for one call.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func (n *node) pull(image string) string {
	n.t.Helper()
	r, err := n.images.PullImage(within(n.t, patience), &runtimeapi.PullImageRequest{Image: &runtimeapi.ImageSpec{Image: image}})
	if err != nil {
		n.t.Fatal(err)
	}
	return r.ImageRef
}

// pod is a sandbox to run containers in.
type pod struct {
	*node
	id     string
	config *runtimeapi.PodSandboxConfig
	count  int
}

func (n *node) pod(name string) *pod {
	n.t.Helper()
	p := &pod{node: n, config: &runtimeapi.PodSandboxConfig{
		Metadata: &runtimeapi.PodSandboxMetadata{Name: name, Namespace: "default", Uid: name}, Hostname: name,
		LogDirectory: filepath.Join(n.logs, name), Labels: map[string]string{"pod": name},
		DnsConfig: &runtimeapi.DNSConfig{Servers: []string{"10.96.0.10"}, Searches: []string{"svc.cluster.local"}, Options: []string{"ndots:5"}},
		Linux:     &runtimeapi.LinuxPodSandboxConfig{}}}
	r, err := n.runtime.RunPodSandbox(within(n.t, patience), &runtimeapi.RunPodSandboxRequest{Config: p.config})
	if err != nil {
		n.t.Fatal(err)
	}
	p.id = r.PodSandboxId
	return p
}

type option func(*runtimeapi.ContainerConfig)

func (p *pod) create(argv []string, options ...option) string {
	p.t.Helper()
	p.count++
	config := &runtimeapi.ContainerConfig{Metadata: &runtimeapi.ContainerMetadata{Name: "main", Attempt: uint32(p.count)},
		Image: &runtimeapi.ImageSpec{Image: busybox}, Command: argv, LogPath: "main/" + string(rune('0'+p.count)) + ".log",
		Linux: &runtimeapi.LinuxContainerConfig{}}
	for _, o := range options {
		o(config)
	}
	r, err := p.runtime.CreateContainer(within(p.t, patience), &runtimeapi.CreateContainerRequest{
		PodSandboxId: p.id, Config: config, SandboxConfig: p.config})
	if err != nil {
		p.t.Fatal(err)
	}
	return r.ContainerId
}

func (p *pod) start(argv []string, options ...option) string {
	p.t.Helper()
	id := p.create(argv, options...)
	p.startCreated(id)
	return id
}

func (n *node) startCreated(id string) {
	n.t.Helper()
	if _, err := n.runtime.StartContainer(within(n.t, patience), &runtimeapi.StartContainerRequest{ContainerId: id}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) status(id string) *runtimeapi.ContainerStatus {
	n.t.Helper()
	r, err := n.runtime.ContainerStatus(within(n.t, patience), &runtimeapi.ContainerStatusRequest{ContainerId: id})
	if err != nil {
		n.t.Fatal(err)
	}
	return r.Status
}

// until polls, because CRI has no other way to be told.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func (n *node) exited(id string) *runtimeapi.ContainerStatus {
	n.t.Helper()
	until(n.t, "the container exits", func() bool {
		return n.status(id).State == runtimeapi.ContainerState_CONTAINER_EXITED
	})
	return n.status(id)
}

// log gives the entries of a container's log without their times.
func (n *node) log(id string) string {
	n.t.Helper()
	data, err := os.ReadFile(n.status(id).LogPath)
	if err != nil {
		n.t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(data)) {
		stamp, rest, _ := strings.Cut(line, " ")
		if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil {
			n.t.Fatalf("log line without a time: %q", line)
		}
		text.WriteString(rest)
	}
	return text.String()
}

func (n *node) exec(id string, argv ...string) (string, int) {
	n.t.Helper()
	r, err := n.runtime.ExecSync(within(n.t, 2*patience), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: argv, Timeout: int64(patience / time.Second)})
	if err != nil {
		n.t.Fatal(err)
	}
	return string(r.Stdout) + string(r.Stderr), int(r.ExitCode)
}

// stream runs kubectl's side of exec and attach.
func stream(t *testing.T, address string, options remotecommand.StreamOptions) error {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	executor, err := remotecommand.NewSPDYExecutor(&rest.Config{}, "POST", u)
	if err != nil {
		t.Fatal(err)
	}
	return executor.StreamWithContext(within(t, patience), options)
}

// safeBuffer may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
