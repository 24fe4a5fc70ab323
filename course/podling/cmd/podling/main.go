// Podling is a Kubernetes cluster in one binary: by its first argument it is
// etcd, a control plane component, half a node, the pod network or their keeper,
// by its own name one of the tools on a node.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"kubelab.dev/podling/internal/crictl"
	"kubelab.dev/podling/internal/ctr"
	"kubelab.dev/podling/internal/node"
	"kubelab.dev/podling/internal/settle"
	"kubelab.dev/podling/internal/systemctl"
)

// programs by first argument; each gets the arguments after it.
var programs = map[string]func(ctx context.Context, args []string) error{
	"keep":               keep,
	"net":                podNetwork,
	"etcd":               etcd,
	"apiserver":          apiserver,
	"controller-manager": controllerManager,
	"scheduler":          scheduler,
	"runtime":            onNode((*node.Node).Runtime),
	"kubelet":            onNode((*node.Node).Kubelet),
	"registry":           runRegistry,
}

// tools by podling's own name: the command line tools of a node.
var tools = map[string]func(ctx context.Context, args []string) int{
	"crictl":    crictl.Main,
	"ctr":       ctr.Main,
	"systemctl": systemctl.Main,
}

func main() {
	if tool := tools[filepath.Base(os.Args[0])]; tool != nil {
		// One that is told to end ends: it has nothing to put in order.
		os.Exit(tool(context.Background(), os.Args[1:]))
	}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "usage: podling %s ARGUMENTS…\n", strings.Join(names(), "|"))
		os.Exit(2)
	}
	settle.WhenReady()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if err := programs[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "podling %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func names() []string {
	var all []string
	for name := range programs {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
