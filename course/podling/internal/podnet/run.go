// Package podnet is the pod network without network namespaces: it answers
// the seccomp notifications of everything that runs in a cluster, so that pod,
// node and Service addresses reach the loopback addresses that carry them, and
// it is the cluster's name server.
//
// It may die at any moment: the keeper holds the listeners and the journals of
// calls in work, and hands both to the next one.
package podnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet/names"
	"kubelab.dev/podling/internal/podnet/services"
)

// Config is what one cluster's net needs.
type Config struct {
	Network    addr.Network
	Kubeconfig string       // may not exist yet
	ControlFD  int          // net's end of launch.ControlPair, 3 by custom
	NamesFD    int          // the first descriptor of BindNames' files; 0: net binds them itself
	Log        *slog.Logger // nil: slog.Default()

	// For tests; the zero values are right for a cluster.
	Table      Cluster // used as it is, instead of following Kubeconfig
	ResolvConf string  // instead of /etc/resolv.conf
	Refused    bool    // as if Yama refused net every caller's memory
}

// Cluster is all that net asks about a cluster; *services.Table is the real one.
type Cluster interface {
	Table
	names.Directory
}

// Run is the net process: it returns nil when the keeper closes the control
// socket, and ctx's error when ctx is done.
func Run(ctx context.Context, c Config) error {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.ResolvConf == "" {
		c.ResolvConf = "/etc/resolv.conf"
	}
	debug.SetGCPercent(50) // little garbage, and memory matters more
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	control, err := launch.Control(c.ControlFD)
	if err != nil {
		return err
	}
	defer control.Close()
	table, resolv := c.Table, &resolvConf{path: c.ResolvConf}
	if table == nil {
		followed := services.New()
		go keepWatching(ctx, followed, c)
		table = followed
	}
	n := &network{
		log:     c.Log,
		control: control,
		refused: c.Refused,
		rules: &rules{
			network: c.Network, table: table, nameServers: resolv.nameServers, udpServed: udpServed,
			synced: table.Synced(), waitUntil: time.Now().Add(syncWait),
		},
	}
	go serveNames(ctx, c, table, resolv)
	return n.accept(ctx)
}

// keepWatching follows the apiserver. Addresses of pods and nodes are
// rewritten without it.
func keepWatching(ctx context.Context, table *services.Table, c Config) {
	for ctx.Err() == nil {
		if err := table.Watch(ctx, c.Kubeconfig, c.Log); err != nil && ctx.Err() == nil {
			c.Log.Error("cannot follow the cluster's Services; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// nameServers are for pods and for the lab, in this order.
func nameServers(w addr.Network) []netip.AddrPort {
	port := w.Port(dnsPort)
	return []netip.AddrPort{netip.AddrPortFrom(w.PodDNS(), port), netip.AddrPortFrom(w.LabDNS(), port)}
}

// BindNames makes the name servers' sockets in the keeper, which gives them to
// each net: a question that comes while there is no net waits for the next.
func BindNames(w addr.Network) (files []*os.File, err error) {
	for _, at := range nameServers(w) {
		sockets, err := names.Bind(at)
		if err != nil {
			return nil, err
		}
		two, err := sockets.Files()
		if err != nil {
			return nil, err
		}
		files = append(files, two...)
	}
	return files, nil
}

func serveNames(ctx context.Context, c Config, directory names.Directory, resolv *resolvConf) {
	forward := &names.Forwarder{Servers: func() []netip.Addr { return others(c.Network, resolv.nameServers()) }}
	for i, at := range nameServers(c.Network) {
		server := &names.Server{Directory: directory, Forward: forward, Short: at.Addr() == c.Network.LabDNS(), Log: c.Log}
		if c.NamesFD != 0 {
			sockets, err := names.Inherit(c.NamesFD + i*names.FilesOf)
			if err == nil {
				server.Serve(ctx, sockets)
				continue
			}
			c.Log.Error("no name server", "error", err)
		}
		for ctx.Err() == nil {
			err := server.Listen(ctx, at)
			if err == nil {
				break
			}
			c.Log.Error("no name server", "error", err)
		}
	}
}

// others leaves out the cluster's own name server, lest it asks itself.
func others(w addr.Network, servers []netip.Addr) []netip.Addr {
	var all []netip.Addr
	for _, s := range servers {
		if s != addr.DNSService && s != w.PodDNS() && s != w.LabDNS() {
			all = append(all, s)
		}
	}
	return all
}

// network is the set of listeners that this process answers.
type network struct {
	log     *slog.Logger
	control *net.UnixConn
	rules   *rules
	refused bool
	running sync.WaitGroup
}

func (n *network) accept(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { n.control.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer n.running.Wait()
	defer cancel()
	for {
		l, err := launch.Accept(n.control)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
			return nil // the keeper is gone, and so is the cluster
		case err != nil && l == nil && isClosed(err):
			return fmt.Errorf("read from the keeper: %w", err)
		case err != nil:
			n.log.Error("a listener was lost", "error", err)
			continue
		}
		n.start(ctx, l)
	}
}

func (n *network) start(ctx context.Context, l *launch.Listener) {
	s, recovered, err := newSupervisor(l, n.rules, n.log)
	if err != nil {
		n.log.Error("cannot answer a program's calls", "program", l.Name, "error", err)
		l.Close()
		return // the keeper refuses the launch, or gives it to the next net
	}
	s.refused = n.refused
	id := l.ID
	n.running.Add(1)
	go func() {
		defer n.running.Done()
		if err := s.run(ctx, recovered); err != nil {
			n.log.Error("a program's calls are no longer answered", "program", l.Name, "error", err)
		}
	}()
	if err := launch.Ready(n.control, id); err != nil {
		n.log.Error("cannot tell the keeper that a program may start", "program", l.Name, "error", err)
	}
}

// isClosed tells a broken control socket from a message that made no sense.
func isClosed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}
