package cri_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/cri"
)

// ask is a request to the socket beside the CRI socket.
func (n *node) ask(method, path string, send any) (pods cri.Pods) {
	n.t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(filepath.Dir(n.config.Socket), "import.sock"))
	}}}
	defer client.CloseIdleConnections()
	body, _ := json.Marshal(send)
	request, _ := http.NewRequest(method, "http://node"+path, bytes.NewReader(body))
	response, err := client.Do(request)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		n.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&pods); err != nil {
		n.t.Fatal(err)
	}
	return pods
}

func TestAllPodsEndAtOnceAndAreForgotten(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("stubborn")
		running := p.start([]string{"sh", "-c", "trap '' TERM; sleep 4711 & sleep 4711"})
		created := p.create([]string{"sleep", "1"})
		pid, _ := n.runtimePids(running)
		if left := n.ask("GET", "/pods", nil); left != (cri.Pods{Sandboxes: 1, Containers: 2}) {
			t.Fatalf("before: %+v", left)
		}
		began := time.Now()
		if ended := n.ask("POST", "/pods/end", []string{"other-pod"}); ended.Sandboxes != 1 {
			t.Errorf("%+v", ended)
		}
		t.Logf("took %v", time.Since(began))
		if left := n.ask("GET", "/pods", nil); left != (cri.Pods{}) {
			t.Errorf("left: %+v", left)
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
			t.Error("the executor still runs")
		}
		// What the kubelet does next, of ids that are not known any more.
		ctx := within(t, patience)
		_, e1 := n.runtime.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: running, Timeout: 300})
		_, e2 := n.runtime.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: created})
		_, e3 := n.runtime.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: p.id})
		_, e4 := n.runtime.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: p.id})
		for _, err := range []error{e1, e2, e3, e4} {
			if err != nil {
				t.Error(err)
			}
		}
		config := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Name: "late", Uid: "other-pod"}}
		_, err := n.runtime.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: config})
		if err == nil || !strings.Contains(err.Error(), "is gone: the cluster was reset") {
			t.Errorf("a pod that is gone starts: %v", err)
		}
		until(t, "the files are gone", func() bool {
			left, _ := filepath.Glob(filepath.Join(n.config.Dir, "trash-*"))
			inside, _ := filepath.Glob(filepath.Join(n.config.Dir, "run", "*s", "*"))
			return len(left)+len(inside) == 0
		})
	})
}

func TestEndedPodsGiveTheirAddressesBack(t *testing.T) {
	n := startNode(t, "auto")
	for range 3 {
		for i := range 200 { // of 253
			config := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Name: "p", Attempt: uint32(i)}}
			if _, err := n.runtime.RunPodSandbox(within(t, patience), &runtimeapi.RunPodSandboxRequest{Config: config}); err != nil {
				t.Fatal(err)
			}
		}
		if ended := n.ask("POST", "/pods/end", []string{}); ended.Sandboxes != 200 {
			t.Errorf("%+v", ended)
		}
	}
}

func TestAContainerThatIsJustStartingIsEndedToo(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		for i := range 10 {
			p := n.pod("starting" + itoa(uint16(i)))
			id := p.create([]string{"sleep", "4712"})
			started := make(chan error, 1)
			go func() {
				_, err := n.runtime.StartContainer(within(t, patience), &runtimeapi.StartContainerRequest{ContainerId: id})
				started <- err
			}()
			time.Sleep(time.Duration(i) * 2 * time.Millisecond)
			n.ask("POST", "/pods/end", []string{})
			if left := n.ask("GET", "/pods", nil); left != (cri.Pods{}) {
				t.Fatalf("left: %+v", left)
			}
			<-started
		}
	})
}
