package cri_test

import (
	"strings"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestAContainerRunsLogsAndAnswersExec(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("web")
		id := p.start([]string{"sh", "-c", "echo out; echo err >&2; sleep 100"})
		if s := n.status(id); s.State != runtimeapi.ContainerState_CONTAINER_RUNNING || s.StartedAt == 0 {
			t.Fatalf("status: %v", s)
		}
		until(t, "both lines are in the log", func() bool {
			log := n.log(id)
			return strings.Contains(log, "stdout F out\n") && strings.Contains(log, "stderr F err\n")
		})
		out, code := n.exec(id, "sh", "-c", "echo $FROM_IMAGE $HOSTNAME; pwd; cat /etc/new; test ! -e /etc/old; id -u; cat /etc/resolv.conf; exit 3")
		want := "yes web\n/root\nnew0\nsearch svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
		if out != want || code != 3 {
			t.Fatalf("exec: %d %q", code, out)
		}
	})
}
