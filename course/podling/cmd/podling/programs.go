package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"golang.org/x/sync/errgroup"
	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanagerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/component"
	"kubelab.dev/podling/internal/gate"
	"kubelab.dev/podling/internal/keeper"
	"kubelab.dev/podling/internal/node"
	"kubelab.dev/podling/internal/podnet"
	"kubelab.dev/podling/internal/registry"
	"kubelab.dev/podling/internal/spec"
)

func keep(_ context.Context, args []string) error {
	state, err := one(args, "STATE")
	if err != nil {
		return err
	}
	return keeper.Run(state)
}

// walSegment is the size of the files of etcd's log, of which it makes two in
// advance: a lab's cluster may lie in memory.
const walSegment = 16 << 20

func etcd(_ context.Context, args []string) error {
	wal.SegmentSizeBytes = walSegment
	etcdmain.Main(append([]string{"etcd"}, args...))
	return nil
}

func apiserver(_ context.Context, args []string) error {
	return upstream(apiserverapp.NewAPIServerCommand(), args)
}

func controllerManager(_ context.Context, args []string) error {
	gate.Wait(component.APIGate)
	return upstream(controllermanagerapp.NewControllerManagerCommand(), args)
}

func scheduler(_ context.Context, args []string) error {
	gate.Wait(component.APIGate)
	return upstream(schedulerapp.NewSchedulerCommand(), args)
}

// upstream runs a component's own command; it handles signals itself.
func upstream(command *cobra.Command, args []string) error {
	command.SetArgs(args)
	command.SilenceUsage = true
	return command.Execute()
}

// onNode makes a program of one half of a node: STATE INDEX.
func onNode(half func(*node.Node, context.Context) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		if len(args) != 2 {
			return fmt.Errorf("want STATE INDEX, got %q", args)
		}
		c, err := spec.Load(args[0])
		if err != nil {
			return err
		}
		index, err := strconv.Atoi(args[1])
		if err != nil || index < 0 || index >= c.Nodes {
			return fmt.Errorf("no node %q in a cluster of %d", args[1], c.Nodes)
		}
		n, err := node.New(c, index)
		if err != nil {
			return err
		}
		return half(n, ctx)
	}
}

// What net gets from the keeper, as file descriptors: its end of the channel of
// listeners, then the name servers' sockets.
const (
	listenerChannel = 3
	nameSockets     = 4
)

func podNetwork(ctx context.Context, args []string) error {
	c, err := load(args)
	if err != nil {
		return err
	}
	return podnet.Run(ctx, podnet.Config{
		Network:    c.Network,
		Kubeconfig: c.Path("pki", "net.kubeconfig"),
		ControlFD:  listenerChannel,
		NamesFD:    nameSockets,
	})
}

func runRegistry(ctx context.Context, args []string) error {
	c, err := load(args)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, config := range registries(c) {
		group.Go(func() error { return registry.Run(ctx, config) })
	}
	return group.Wait()
}

// registries are two with the same images: the one that stands in for docker.io
// unseen, and the mirror of the lessons, which shows who asked it for what.
func registries(c *spec.Cluster) []registry.Config {
	mirror, _ := c.Network.Loopback(addr.Mirror)
	node := func(remote string) string {
		at, err := netip.ParseAddrPort(remote)
		if err != nil {
			return remote
		}
		shown, ok := c.Network.Shown(at.Addr())
		if !ok {
			return remote
		}
		return netip.AddrPortFrom(shown, at.Port()).String()
	}
	stats := registry.NewStats()
	return []registry.Config{
		{Addr: c.MirrorAddress(), Layout: c.Images, AccessLog: os.Stdout, Stats: stats},
		{Addr: mirror.String() + ":5000", Layout: c.Images, Journal: c.Path("logs", "mirror.log"), Name: node, Stats: stats},
	}
}

func load(args []string) (*spec.Cluster, error) {
	state, err := one(args, "STATE")
	if err != nil {
		return nil, err
	}
	return spec.Load(state)
}

func one(args []string, name string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("want %s, got %q", name, args)
	}
	return args[0], nil
}
