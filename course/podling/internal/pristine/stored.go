package pristine

import (
	"bytes"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
)

// magic begins every object that the apiserver stores as protobuf: then comes
// a runtime.Unknown with the object in it.
var magic = []byte("k8s\x00")

type message interface{ Unmarshal([]byte) error }

func decode(stored []byte, into message) (runtime.Unknown, error) {
	var envelope runtime.Unknown
	rest, ok := bytes.CutPrefix(stored, magic)
	if !ok {
		return envelope, errors.New("not an object stored as protobuf")
	}
	if err := envelope.Unmarshal(rest); err != nil {
		return envelope, err
	}
	return envelope, into.Unmarshal(envelope.Raw)
}

func encodeNode(envelope runtime.Unknown, n *corev1.Node) ([]byte, error) {
	raw, err := n.Marshal()
	if err != nil {
		return nil, err
	}
	envelope.Raw = raw
	b, err := envelope.Marshal()
	return append(bytes.Clone(magic), b...), err
}

// podUID is empty for what is no pod.
func podUID(stored []byte) string {
	var pod corev1.Pod
	if _, err := decode(stored, &pod); err != nil {
		return ""
	}
	return string(pod.UID)
}

// sameNode compares two stored Nodes but for their status, and for who wrote
// which field when.
func sameNode(a, b []byte) (bool, error) {
	var one, other corev1.Node
	for _, n := range []struct {
		stored []byte
		into   *corev1.Node
	}{{a, &one}, {b, &other}} {
		if _, err := decode(n.stored, n.into); err != nil {
			return false, err
		}
		n.into.ManagedFields = nil
	}
	return equality.Semantic.DeepEqual(one.ObjectMeta, other.ObjectMeta) &&
		equality.Semantic.DeepEqual(one.Spec, other.Spec), nil
}

// restoredNode is the baseline's Node with the status that it has now.
func restoredNode(baseline, now []byte) ([]byte, error) {
	var was, is corev1.Node
	envelope, err := decode(baseline, &was)
	if err != nil {
		return nil, fmt.Errorf("the baseline's Node: %w", err)
	}
	if _, err := decode(now, &is); err != nil {
		return nil, err
	}
	was.Status = is.Status
	return encodeNode(envelope, &was)
}
