package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// UnitStatus is the answer of GET /units/NAME on a node's system.sock: what
// systemctl, which is podling on a node, asks.
type UnitStatus struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Active      bool      `json:"active"`
	Since       time.Time `json:"since"`
	PID         int       `json:"pid"`
	Log         string    `json:"log"`
}

// unit is a name that systemctl knows on a node.
type unit struct {
	description string
	component   string                      // whose process it shows
	canStop     bool                        // stop and start do what they say
	restart     func(context.Context) error // nil: its component's process is started anew
}

var (
	errNoUnit  = errors.New("not found")
	errNotHere = errors.New("this lab's nodes cannot do that")
)

// turnWithin is how long a component may take to end, or to begin, when a
// person says so.
const turnWithin = 10 * time.Second

// units of node i. In one process each, K3s has what is several here: the
// kubelet is the part of it that restarts. Containers outlive that in both,
// and the container runtime's: so the runtime reads its configuration anew.
func (k *Keeper) units(i int) map[string]unit {
	kubelet, runtime := fmt.Sprintf("kubelet-%d", i), fmt.Sprintf("runtime-%d", i)
	reload := func(ctx context.Context) error {
		return k.askNode(ctx, i, http.MethodPost, "/reload", nil, nil)
	}
	k3s, what := "k3s", "Lightweight Kubernetes"
	if i > 0 {
		k3s = "k3s-agent"
	}
	return map[string]unit{
		"kubelet":    {description: "kubelet: The Kubernetes Node Agent", component: kubelet, canStop: true},
		"containerd": {description: "containerd container runtime", component: runtime, restart: reload},
		k3s: {description: what, component: kubelet, restart: func(ctx context.Context) error {
			if err := k.askNode(ctx, i, http.MethodPost, "/reload?k3s=1", nil, nil); err != nil {
				return err
			}
			return k.turn(ctx, k.find(kubelet))
		}},
	}
}

// serveUnits answers systemctl on each node.
func (k *Keeper) serveUnits() error {
	for i := range k.cluster.Nodes {
		path := k.cluster.Path("run", fmt.Sprintf("node-%d", i), "system.sock")
		if err := os.MkdirAll(k.cluster.Path("run", fmt.Sprintf("node-%d", i)), 0o700); err != nil {
			return err
		}
		os.Remove(path)
		listener, err := net.Listen("unix", path)
		if err != nil {
			return err
		}
		units := k.units(i)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /units/{name}", func(w http.ResponseWriter, r *http.Request) {
			status, err := k.unitStatus(units, r.PathValue("name"))
			answerUnit(w, status, err)
		})
		mux.HandleFunc("POST /units/{name}/{verb}", func(w http.ResponseWriter, r *http.Request) {
			answerUnit(w, struct{}{}, k.actOn(r.Context(), units, r.PathValue("name"), r.PathValue("verb")))
		})
		go http.Serve(listener, mux)
	}
	return nil
}

func (k *Keeper) unitStatus(units map[string]unit, name string) (UnitStatus, error) {
	u, known := units[name]
	if !known {
		return UnitStatus{}, errNoUnit
	}
	r := k.find(u.component)
	k.mu.Lock()
	defer k.mu.Unlock()
	return UnitStatus{Name: name, Description: u.description, Active: r.pid != 0, Since: r.since, PID: r.pid,
		Log: k.logPath(r.Name)}, nil
}

func (k *Keeper) actOn(ctx context.Context, units map[string]unit, name, verb string) error {
	u, known := units[name]
	if !known {
		return errNoUnit
	}
	r := k.find(u.component)
	switch {
	case verb == "restart" && u.restart != nil:
		return u.restart(ctx)
	case verb == "restart":
		return k.turn(ctx, r)
	case verb == "start" && !u.canStop:
		return nil // it runs
	case verb == "start":
		return k.release(ctx, r)
	case verb == "stop" && u.canStop:
		return k.hold(ctx, r)
	}
	return fmt.Errorf("%w: %s %s. A node without its kubelet is as good as one without K3s: systemctl stop kubelet", errNotHere, verb, name)
}

func answerUnit(w http.ResponseWriter, with any, err error) {
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(with)
	case errors.Is(err, errNoUnit):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, errNotHere):
		http.Error(w, err.Error(), http.StatusNotImplemented)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (k *Keeper) find(component string) *running {
	for _, r := range k.components {
		if r.Name == component {
			return r
		}
	}
	panic("no component " + component) // units name only those of component.All
}

// hold ends a component's process and keeps it from being started again.
func (k *Keeper) hold(ctx context.Context, r *running) error {
	k.mu.Lock()
	if r.held == nil {
		r.held = make(chan struct{})
	}
	k.endLocked(r)
	k.mu.Unlock()
	return k.await(ctx, r, func() bool { return r.pid == 0 })
}

// release starts a component that was held, or does nothing.
func (k *Keeper) release(ctx context.Context, r *running) error {
	k.mu.Lock()
	if r.held != nil {
		close(r.held)
		r.held = nil
	}
	k.mu.Unlock()
	return k.await(ctx, r, func() bool { return r.pid != 0 })
}

// releaseAll undoes every hold: a cluster that is reset has all its parts.
func (k *Keeper) releaseAll(ctx context.Context) error {
	for _, r := range k.components {
		k.mu.Lock()
		held := r.held != nil
		k.mu.Unlock()
		if held {
			if err := k.release(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn starts a component anew, held or not.
func (k *Keeper) turn(ctx context.Context, r *running) error {
	k.mu.Lock()
	before := r.pid
	k.endLocked(r)
	k.mu.Unlock()
	if err := k.await(ctx, r, func() bool { return r.pid != before || before == 0 }); err != nil {
		return err
	}
	return k.release(ctx, r)
}

// endLocked needs k.mu.
func (k *Keeper) endLocked(r *running) {
	if r.pid != 0 {
		r.asked = true
		syscall.Kill(r.pid, syscall.SIGTERM)
	}
}

// await waits until done, which is asked with k.mu held whenever the
// component's process has begun or ended.
func (k *Keeper) await(ctx context.Context, r *running, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	for {
		k.mu.Lock()
		ok, turned := done(), r.turned
		k.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return fmt.Errorf("%s did not do so within %s; its log is %s", r.Name, turnWithin, k.logPath(r.Name))
		}
	}
}
