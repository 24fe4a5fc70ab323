// Package keeper is the parent of all of a cluster's processes. It starts
// them, starts again what ends, holds the seccomp listeners of every launched
// program (so that net may die and come back unnoticed), says on its control
// socket how the cluster is, and takes everything with it when it ends.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/component"
	"kubelab.dev/podling/internal/gate"
	"kubelab.dev/podling/internal/pki"
	"kubelab.dev/podling/internal/podnet"
	"kubelab.dev/podling/internal/settle"
	"kubelab.dev/podling/internal/spec"
)

// stopDeadline bounds the end of a cluster: SIGKILL leaves nothing to wait
// for but a process stuck in the kernel.
const stopDeadline = 5 * time.Second

// A failed cluster waits this long for somebody to read why.
const failedStays = 60 * time.Second

// Keeper is one cluster's.
type Keeper struct {
	cluster  *spec.Cluster
	began    time.Time
	children *processes
	launches *launches
	api      *apiClient
	apiReady *gate.Gate // opens when /readyz says ok
	ready    *gate.Gate // opens when pods can run
	names    []*os.File // the name servers' sockets: questions wait in them while there is no net

	pristine pristineState

	mu         sync.Mutex
	state      string
	message    string // why it failed, or what was last seen
	components []*running
	events     []Event
	changed    chan struct{} // closed and replaced at each event

	stopOnce sync.Once
	stopped  chan struct{} // closed when stopping begins
	exit     chan struct{} // closed when the keeper may end
}

// Run keeps the cluster of a state folder until it is told to stop.
func Run(state string) error {
	c, err := spec.Load(state)
	if err != nil {
		return err
	}
	k := &Keeper{
		cluster: c, began: time.Now(), state: "starting",
		changed: make(chan struct{}), stopped: make(chan struct{}), exit: make(chan struct{}),
		children: newProcesses(),
	}
	claims, err := k.prepare()
	if err != nil {
		return err
	}
	defer claims()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go k.bringUp()
	go k.sweep()
	select {
	case <-signals:
		return k.Stop()
	case <-k.exit:
		return nil
	}
}

// prepare makes all that must be there before the first process, and returns
// what gives it up again.
func (k *Keeper) prepare() (release func(), err error) {
	c := k.cluster
	for _, dir := range []string{"run", "logs", "pki", "data"} {
		if err := os.MkdirAll(c.Path(dir), 0o700); err != nil {
			return nil, err
		}
	}
	lock, err := lockState(c.State)
	if err != nil {
		return nil, err
	}
	network, claim, err := claimNetwork(c.State)
	if err != nil {
		return nil, err
	}
	release = func() { claim.Close(); lock.Close() }
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("become a child subreaper: %w", err)
	}
	steps := []func() error{
		func() error { return c.SaveNetwork(network) },
		func() error { return pki.WriteCluster(c) },
		func() error { return writeRegistries(c) },
		func() error { k.listComponents(); return nil },
		func() (err error) { k.apiReady, err = gate.New(component.APIGate); return },
		func() (err error) { k.ready, err = gate.New(settle.Gate); return },
		func() (err error) { k.names, err = podnet.BindNames(network); return },
		func() (err error) { k.api, err = newAPIClient(c); return },
		func() (err error) { k.launches, err = newLaunches(c.LaunchSocket()); return },
		k.serveControl,
		k.serveErrands,
		k.serveUnits,
		func() error { return writeIdentity(c) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			release()
			return nil, err
		}
	}
	return release, nil
}

func (k *Keeper) listComponents() {
	for _, c := range component.All(k.cluster) {
		k.components = append(k.components, &running{Component: c, state: "waiting", turned: make(chan struct{})})
	}
}

// bringUp starts the components stage by stage and says when pods can run.
func (k *Keeper) bringUp() {
	ctx, cancel := context.WithTimeout(context.Background(), startDeadline)
	defer cancel()
	go func() {
		select {
		case <-k.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	k.startStage(component.AtOnce)
	k.event("net", "pod network "+k.cluster.Network.String())
	k.startStage(component.AfterNet)
	seen := func(what string) { k.mu.Lock(); k.message = what; k.mu.Unlock() }
	published := make(chan error, 1)
	begin := func() error { // what needs the API, and nothing waits for yet
		go func() { published <- publishInfo(ctx, k.api, k.cluster) }()
		go k.balanceLoads()
		return nil
	}
	steps := []struct {
		stage, done string
		wait        func() error
	}{
		{"apiserver", "the API answers", func() error { return k.api.waitOK(ctx, "/livez/ping", seen) }},
		{"processes", "all are started", func() error { k.startStage(component.AfterAPI); return nil }},
		{"api", "the API is ready", func() error { return k.api.waitOK(ctx, "/readyz", seen) }},
		{"keeper", "the keeper's own controllers begin", begin},
		{"room", "room for etcd's database is reserved", func() error { k.reserveRoom(); return nil }},
		{"control-plane", "controllers and scheduler begin", func() error { k.apiReady.Open(); return nil }},
		{"nodes", "every node is Ready", func() error { return k.api.waitNodes(ctx, k.cluster.Nodes, seen) }},
		{"cluster-info", "cluster-info is published", func() error { return <-published }},
		{"serviceaccount", "the default ServiceAccount is there", func() error { return k.api.waitServiceAccount(ctx) }},
	}
	for _, s := range steps {
		if err := s.wait(); err != nil {
			k.failStart(s.stage, err)
			return
		}
		k.event(s.stage, s.done)
	}
	k.setState("ready", "")
	k.event("ready", "pods can run")
	k.ready.Open()
	settle.Now()
}

func (k *Keeper) failStart(stage string, err error) {
	k.mu.Lock()
	last := k.message
	k.mu.Unlock()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		k.fail(fmt.Sprintf("%s not ready within %s; last seen: %s", stage, startDeadline, last))
	case !errors.Is(err, context.Canceled):
		k.fail(fmt.Sprintf("%s: %v", stage, err))
	}
}

func (k *Keeper) startStage(s component.Stage) {
	for _, r := range k.components {
		if r.After == s {
			go k.keepRunning(r)
		}
	}
}

// fail ends the cluster's processes and keeps the reason for who asks.
func (k *Keeper) fail(why string) {
	k.logf("failed: %s", why)
	k.mu.Lock()
	if k.state == "stopping" || k.state == "failed" {
		k.mu.Unlock()
		return
	}
	k.state, k.message = "failed", why
	k.mu.Unlock()
	k.event("failed", why)
	go func() {
		k.endProcesses()
		time.AfterFunc(failedStays, func() { k.Stop(); os.Exit(1) })
	}()
}

// Stop ends every process of the cluster. The second call waits for nothing.
func (k *Keeper) Stop() error {
	k.setState("stopping", "")
	return k.endProcesses()
}

func (k *Keeper) endProcesses() (err error) {
	k.stopOnce.Do(func() {
		close(k.stopped)
		k.launches.refuse()
		select {
		case <-k.children.stop():
		case <-time.After(stopDeadline):
			err = fmt.Errorf("processes %v did not end within %s of SIGKILL", children(), stopDeadline)
		}
		k.launches.close()
	})
	return err
}

// sweep ends what lost its parents; there is no event for a new orphan.
func (k *Keeper) sweep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-k.stopped:
			return
		case <-tick.C:
			k.children.killOrphans()
		}
	}
}

// restart ends a component; keepRunning starts it again.
func (k *Keeper) restart(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.components {
		if r.Name == name {
			if r.pid == 0 {
				return nil // it is being started anyway
			}
			return syscall.Kill(r.pid, syscall.SIGTERM)
		}
	}
	return fmt.Errorf("no component %q", name)
}

func (k *Keeper) setState(state, message string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state, k.message = state, message
}

func (k *Keeper) isReady() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state == "ready"
}

func (k *Keeper) event(stage, message string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, Event{time.Since(k.began).Seconds(), stage, message})
	close(k.changed)
	k.changed = make(chan struct{})
}

// reached says whether the start has come as far as a stage.
func (k *Keeper) reached(stage string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.events, func(e Event) bool { return e.Stage == stage })
}

// eventsFrom returns the events from the nth on, a channel that closes at the
// next one, and whether none will come.
func (k *Keeper) eventsFrom(n int) ([]Event, <-chan struct{}, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	events := k.events[n:]
	final := len(k.events) > 0 && (k.events[len(k.events)-1].Stage == "ready" || k.events[len(k.events)-1].Stage == "failed")
	return events, k.changed, final
}

func (k *Keeper) logf(format string, args ...any) { log.Printf(format, args...) }
