package keeper

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kubelab.dev/podling/internal/component"
	"kubelab.dev/podling/internal/gate"
	"kubelab.dev/podling/internal/spec"
)

// keeperOf keeps one component, the kubelet of node 0, which is a sleep.
func keeperOf(t *testing.T) (*Keeper, *running) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "podling"), []byte("#!/bin/sh\nexec sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	k := &Keeper{cluster: &spec.Cluster{State: dir, Bin: dir, Nodes: 1}, state: "ready", changed: make(chan struct{}),
		stopped: make(chan struct{}), children: newProcesses()}
	var err error
	if k.apiReady, err = gate.New("A"); err != nil {
		t.Fatal(err)
	}
	if k.ready, err = gate.New("B"); err != nil {
		t.Fatal(err)
	}
	r := &running{Component: component.Component{Name: "kubelet-0"}, turned: make(chan struct{})}
	k.components = []*running{r}
	go k.keepRunning(r)
	t.Cleanup(func() {
		close(k.stopped)
		<-k.children.stop()
	})
	if err := k.await(t.Context(), r, func() bool { return r.pid != 0 }); err != nil {
		t.Fatal(err)
	}
	return k, r
}

func (k *Keeper) pidOf(r *running) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return r.pid
}

func TestAStoppedUnitStaysStoppedUntilItIsStarted(t *testing.T) {
	k, r := keeperOf(t)
	units := k.units(0)
	if err := k.actOn(t.Context(), units, "kubelet", "stop"); err != nil {
		t.Fatal(err)
	}
	if s, err := k.unitStatus(units, "kubelet"); err != nil || s.Active || s.PID != 0 {
		t.Errorf("%+v %v", s, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if k.await(ctx, r, func() bool { return r.pid != 0 }) == nil {
		t.Error("it came back by itself")
	}
	if err := k.actOn(t.Context(), units, "kubelet", "start"); err != nil {
		t.Fatal(err)
	}
	if s, err := k.unitStatus(units, "kubelet"); err != nil || !s.Active || r.restarts != 0 {
		t.Errorf("%+v %v, %d restarts", s, err, r.restarts)
	}
}

func TestARestartedUnitHasANewProcess(t *testing.T) {
	k, r := keeperOf(t)
	units := k.units(0)
	for range 3 { // without the pause that a failing one gets
		before := k.pidOf(r)
		began := time.Now()
		if err := k.actOn(t.Context(), units, "kubelet", "restart"); err != nil {
			t.Fatal(err)
		}
		if after := k.pidOf(r); after == before || after == 0 {
			t.Errorf("the pid was %d and is %d", before, after)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	}
	if err := k.actOn(t.Context(), units, "kubelet", "stop"); err != nil {
		t.Fatal(err)
	}
	if err := k.actOn(t.Context(), units, "kubelet", "restart"); err != nil || k.pidOf(r) == 0 {
		t.Errorf("a stopped one does not restart: %v", err)
	}
}

func TestAResetStartsWhatWasStopped(t *testing.T) {
	k, r := keeperOf(t)
	if err := k.hold(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := k.releaseAll(t.Context()); err != nil || k.pidOf(r) == 0 {
		t.Errorf("%v", err)
	}
}

func TestOnlyTheUnitsOfTheNodeAreKnown(t *testing.T) {
	k, _ := keeperOf(t)
	for i, want := range []string{"k3s", "k3s-agent"} {
		k.components[0].Name = "kubelet-" + string(rune('0'+i))
		for _, name := range []string{"k3s", "k3s-agent"} {
			if _, err := k.unitStatus(k.units(i), name); (err == nil) != (name == want) {
				t.Errorf("node %d, %s: %v", i, name, err)
			}
		}
	}
}
