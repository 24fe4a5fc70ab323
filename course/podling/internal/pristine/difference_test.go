package pristine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	mvccpb "go.etcd.io/etcd/api/v3/mvccpb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func stored(t *testing.T, object interface{ Marshal() ([]byte, error) }, kind string) []byte {
	t.Helper()
	raw, err := object.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	envelope := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: kind}, Raw: raw}
	b, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append(slices.Clone(magic), b...)
}

func nodeWith(labels map[string]string, heartbeat int64, taints ...corev1.Taint) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: labels,
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet", Time: &metav1.Time{Time: time.Unix(heartbeat, 0)}}}},
		Spec: corev1.NodeSpec{PodCIDR: "10.244.0.0/24", Taints: taints},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeReady, LastHeartbeatTime: metav1.Unix(heartbeat, 0)}}},
	}
}

func kv(key string, revision int64, value []byte) *mvccpb.KeyValue {
	return &mvccpb.KeyValue{Key: []byte(key), ModRevision: revision, Value: value}
}

func TestADifferenceIsFoundByKeyRevisionAndValue(t *testing.T) {
	const (
		same, rewritten, changed = "/registry/configmaps/a/same", "/registry/configmaps/a/rewritten", "/registry/configmaps/a/changed"
		lost, added              = "/registry/secrets/a/lost", "/registry/secrets/a/added"
		pod, event               = podPrefix + "a/p", eventPrefix + "a/e"
		ownLease, newLease       = leasePrefix + "a/own", leasePrefix + "a/new"
		nodeLease                = leasePrefix + "kube-node-lease/n"
	)
	b := &Baseline{entries: map[string]*entry{
		same: {[]byte("1"), 1, 1}, rewritten: {[]byte("2"), 2, 2}, changed: {[]byte("3"), 3, 3}, lost: {[]byte("4"), 4, 4},
		ownLease: {[]byte("5"), 5, 5}, leasePrefix + "a/gone": {[]byte("6"), 6, 6},
	}}
	now := []*mvccpb.KeyValue{
		kv(same, 1, nil), kv(rewritten, 20, []byte("2")), kv(changed, 21, []byte("x")), kv(added, 22, nil),
		kv(pod, 23, stored(t, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "uid"}}, "Pod")),
		kv(event, 24, nil), kv(ownLease, 25, nil), kv(newLease, 26, nil), kv(nodeLease, 27, nil),
		kv("compact_rev_key", 28, nil), kv("/registry/masterleases/x", 29, nil), kv("/registry/peerserverleases/x", 30, nil),
	}
	d, unsure := b.compareKeys(now)
	values := map[string]*mvccpb.KeyValue{}
	for _, one := range now {
		values[string(one.Key)] = one
	}
	if err := b.compareValues(d, unsure, values); err != nil {
		t.Fatal(err)
	}
	want := []string{changed, newLease, pod, added, lost}
	slices.Sort(want)
	if got := d.Keys(); !slices.Equal(got, want) {
		t.Errorf("differs: %q, want %q", got, want)
	}
	if string(d.Lost[lost].value) != "4" || string(d.Lost[changed].value) != "3" || len(d.Lost) != 2 {
		t.Errorf("to put back: %v", d.Lost)
	}
	if !slices.Equal(d.Pods, []string{"uid"}) || d.Events != 1 || d.Equal() {
		t.Errorf("%+v", d)
	}
	if b.entries[rewritten].revision != 20 {
		t.Error("the same value at another revision would be read again and again")
	}
}

func TestANodeIsRestoredButForItsStatus(t *testing.T) {
	tainted := corev1.Taint{Key: "k", Effect: corev1.TaintEffectNoSchedule}
	was := stored(t, nodeWith(map[string]string{"a": "b"}, 1), "Node")
	e := &entry{value: was}
	key := nodePrefix + "n"
	same, _, err := e.compare(key, stored(t, nodeWith(map[string]string{"a": "b"}, 2), "Node"))
	if err != nil || !same {
		t.Fatalf("a heartbeat makes a difference: %v", err)
	}
	for name, now := range map[string]*corev1.Node{
		"label": nodeWith(map[string]string{"a": "b", "c": "d"}, 3),
		"taint": nodeWith(map[string]string{"a": "b"}, 3, tainted),
	} {
		same, wanted, err := e.compare(key, stored(t, now, "Node"))
		if err != nil || same {
			t.Fatalf("%s: no difference (%v)", name, err)
		}
		var restored corev1.Node
		if _, err := decode(wanted, &restored); err != nil {
			t.Fatal(err)
		}
		if restored.Status.Conditions[0].LastHeartbeatTime.Unix() != 3 || len(restored.Labels) != 1 || restored.Spec.Taints != nil {
			t.Errorf("%s: restored %+v", name, restored)
		}
		if same, _, err := e.compare(key, wanted); err != nil || !same {
			t.Errorf("%s: what is written back is not as the baseline (%v)", name, err)
		}
	}
}

func TestParentsAreDeletedBeforeTheirChildren(t *testing.T) {
	above, below := split([]string{"/registry/pods/a/p", "/registry/replicasets/a/r", "/registry/serviceaccounts/a/default",
		"/registry/namespaces/a", "/registry/services/specs/a/s", "/registry/services/endpoints/a/s"})
	if want := []string{"/registry/namespaces/a", "/registry/replicasets/a/r", "/registry/services/specs/a/s"}; !slices.Equal(above, want) {
		t.Errorf("%q", above)
	}
	if len(below) != 3 {
		t.Errorf("%q", below)
	}
}

func TestTheQuietIsMeasuredFromTheLastChange(t *testing.T) {
	w := &wait{revisions: map[string]int64{}, changes: map[string]int{}}
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	for _, look := range []struct {
		ms    int
		seen  map[string]int64
		quiet int
	}{
		{0, map[string]int64{"a": 1}, 0}, {50, map[string]int64{"a": 1}, 50}, {100, map[string]int64{"a": 2}, 0},
		{150, map[string]int64{"a": 2, "b": 3}, 0}, {300, map[string]int64{"a": 2}, 0}, {800, map[string]int64{"a": 2}, 500},
	} {
		if got := w.note(look.seen, at(look.ms)); got != time.Duration(look.quiet)*time.Millisecond {
			t.Errorf("at %d ms it is quiet for %v", look.ms, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if words := w.explain(ctx, ctx.Err()).Error(); !strings.Contains(words, "kept changing: ") || !strings.Contains(words, "b") {
		t.Error(words)
	}
	if err := w.explain(t.Context(), ErrPods); !errors.Is(err, ErrPods) {
		t.Error(err)
	}
}
