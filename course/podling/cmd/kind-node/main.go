// Kind-node is what the lab adds to a node of kind, stock or its own: the
// registry with the course's images, addresses for load balancers, a door for
// the notebook's requests, and crictl where the node image has none. Its programs are services of the node's systemd.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"kubelab.dev/podling/internal/balance"
	"kubelab.dev/podling/internal/crictl"
	"kubelab.dev/podling/internal/door"
	"kubelab.dev/podling/internal/kube"
	"kubelab.dev/podling/internal/registry"
)

var programs = map[string]func(ctx context.Context, args []string) error{
	"registry":      serveImages,
	"load-balancer": balanceLoads,
	"door":          openDoor,
}

func main() {
	if filepath.Base(os.Args[0]) == "crictl" {
		if os.Getenv(crictl.EndpointVariable) == "" {
			os.Setenv(crictl.EndpointVariable, containerd)
		}
		os.Exit(crictl.Main(context.Background(), os.Args[1:]))
	}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kind-node registry LAYOUT [:PORT] | load-balancer KUBECONFIG | door DNS-SERVER")
		os.Exit(2)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if err := programs[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "kind-node %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// The same images are served twice: unseen, as docker.io's stand-in, and as the
// mirror of the lessons, which shows who asked it for what.
const (
	hiddenPort = ":5001"
	mirrorPort = ":5000"
	journal    = "/var/log/kubelab-mirror.log"
	doorPort   = ":5002"

	containerd = "unix:///run/containerd/containerd.sock"
)

func serveImages(ctx context.Context, args []string) error {
	if len(args) == 2 { // on a teacher's machine: `lab kit serve`
		return registry.Run(ctx, registry.Config{Addr: args[1], Layout: args[0]})
	}
	layout, err := one(args, "LAYOUT")
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	stats := registry.NewStats()
	for _, config := range []registry.Config{
		{Addr: hiddenPort, Layout: layout, Stats: stats},
		{Addr: mirrorPort, Layout: layout, Journal: journal, Stats: stats},
	} {
		group.Go(func() error { return registry.Run(ctx, config) })
	}
	return group.Wait()
}

func balanceLoads(ctx context.Context, args []string) error {
	client, err := connect(args)
	if err != nil {
		return err
	}
	network, device, err := ownNetwork()
	if err != nil {
		return err
	}
	b := balance.Balancer{
		API:  client,
		Pool: pool(network),
		Logf: log.Printf,
		// The node answers for the addresses; kube-proxy takes it from there.
		Announce: func(taken []netip.Addr) { announce(device, taken) },
	}
	b.Run(ctx)
	return nil
}

// pool is the end of the nodes' network, which Docker gives to nobody before
// all others are in use.
func pool(network netip.Prefix) []netip.Addr {
	last := network.Masked().Addr().As4()
	host := ^uint32(0) >> network.Bits()
	base := uint32(last[0])<<24 | uint32(last[1])<<16 | uint32(last[2])<<8 | uint32(last[3])
	var all []netip.Addr
	for n := min(host-1, 55); n > 1; n-- {
		a := base + host - n
		all = append(all, netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}))
	}
	return all
}

func announce(device string, taken []netip.Addr) {
	said, err := exec.Command("ip", "-4", "-oneline", "address", "show", "dev", device, "label", label(device)).Output()
	if err != nil {
		log.Printf("load balancers: the addresses of %s: %v", device, err)
		return
	}
	var there []netip.Addr
	for _, word := range strings.Fields(string(said)) {
		if p, err := netip.ParsePrefix(word); err == nil {
			there = append(there, p.Addr())
		}
	}
	for _, a := range taken {
		if !slices.Contains(there, a) {
			change("add", a, device)
		}
	}
	for _, a := range there {
		if !slices.Contains(taken, a) {
			change("del", a, device)
		}
	}
}

func label(device string) string { return device + ":lb" }

func change(verb string, a netip.Addr, device string) {
	args := []string{"address", verb, a.String() + "/32", "dev", device}
	if verb == "add" {
		args = append(args, "label", label(device))
	}
	if said, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		log.Printf("ip %s: %v: %s", strings.Join(args, " "), err, said)
	}
}

// openDoor serves until ctx ends, on the port that kind's configuration maps to
// the notebook's machine (course/cluster/kind/config.py).
func openDoor(ctx context.Context, args []string) error {
	names, err := one(args, "DNS-SERVER")
	if err != nil {
		return err
	}
	s := &http.Server{
		Addr:              doorPort,
		Handler:           door.Handler(door.Names(net.JoinHostPort(names, "53"))),
		ReadHeaderTimeout: 10 * time.Second,
	}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

func connect(args []string) (*kube.Client, error) {
	path, err := one(args, "KUBECONFIG")
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	return &kube.Client{Base: config.Host, HTTP: http}, nil
}

func one(args []string, name string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("want %s, got %q", name, args)
	}
	return args[0], nil
}
