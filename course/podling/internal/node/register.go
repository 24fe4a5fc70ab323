package node

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"kubelab.dev/podling/internal/addr"
)

// controlPlaneRole is kubeadm's label, and with several nodes its taint.
const controlPlaneRole = "node-role.kubernetes.io/control-plane"

// register makes the Node object before the kubelet does. The kubelet refuses
// an address that no interface holds, and our nodes' addresses exist only
// inside the cluster's network; but told that a cloud provider looks after
// addresses, it keeps those that it finds.
func (n *Node) register(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", n.cluster.Kubeconfig())
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	nodes := client.CoreV1().Nodes()
	node, err := createNode(ctx, client, n.object())
	if apierrors.IsAlreadyExists(err) {
		node, err = nodes.Get(ctx, n.name(), metav1.GetOptions{})
	}
	if err != nil {
		return fmt.Errorf("register node %s: %w", n.name(), err)
	}
	node.Status.Addresses = []v1.NodeAddress{
		{Type: v1.NodeInternalIP, Address: n.cluster.NodeAddress(n.index)},
		{Type: v1.NodeHostName, Address: n.name()},
	}
	if _, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("set the address of node %s: %w", n.name(), err)
	}
	return nil
}

// createNode asks until the apiserver, which starts at the same time, answers.
func createNode(ctx context.Context, client kubernetes.Interface, node *v1.Node) (*v1.Node, error) {
	for {
		made, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		if err == nil || apierrors.IsAlreadyExists(err) {
			return made, err
		}
		klog.V(2).InfoS("the apiserver does not take the Node yet", "err", err)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (n *Node) object() *v1.Node {
	prefix := addr.Pod(byte(n.index), 0).String() + "/24"
	node := &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: n.name(), Labels: map[string]string{}},
		Spec:       v1.NodeSpec{PodCIDR: prefix, PodCIDRs: []string{prefix}},
	}
	if n.index == 0 {
		node.Labels[controlPlaneRole] = ""
		if n.cluster.Nodes > 1 {
			node.Spec.Taints = []v1.Taint{{Key: controlPlaneRole, Effect: v1.TaintEffectNoSchedule}}
		}
	}
	return node
}
