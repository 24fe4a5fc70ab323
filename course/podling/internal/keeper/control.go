package keeper

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"time"
)

// Event is a line of GET /wait.
type Event struct {
	Seconds float64 `json:"seconds"` // since the keeper started
	Stage   string  `json:"stage"`
	Message string  `json:"message"`
}

// Status is the answer of GET /status.
type Status struct {
	Cluster    string            `json:"cluster"`
	K          byte              `json:"k"`
	State      string            `json:"state"` // starting, ready, failed, stopping
	Message    string            `json:"message"`
	Nodes      []NodeStatus      `json:"nodes"`
	Components []ComponentStatus `json:"components"`
	Kubeconfig string            `json:"kubeconfig"`
}

type NodeStatus struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Ready   bool   `json:"ready"`
}

type ComponentStatus struct {
	Name      string `json:"name"`
	Pid       int    `json:"pid"`
	State     string `json:"state"`
	Restarts  int    `json:"restarts"`
	LastError string `json:"lastError"`
}

// serveControl answers on run/keeper.sock until the keeper ends.
func (k *Keeper) serveControl() error {
	path := k.cluster.Path("run", "keeper.sock")
	os.Remove(path) // of a keeper that was killed: the lock says that none lives
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", k.handleStatus)
	mux.HandleFunc("GET /wait", k.handleWait)
	mux.HandleFunc("POST /stop", k.handleStop)
	mux.HandleFunc("POST /restart", k.handleRestart)
	mux.HandleFunc("POST /images", k.handleImages)
	mux.HandleFunc("POST /baseline", k.handleBaseline)
	mux.HandleFunc("POST /reset", k.handleReset)
	mux.HandleFunc("GET /verify", k.handleVerify)
	go http.Serve(listener, mux)
	return nil
}

func (k *Keeper) handleStatus(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(k.status(r.Context()))
}

func (k *Keeper) status(ctx context.Context) Status {
	nodes := k.nodeStatus(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	s := Status{
		Cluster: k.cluster.Name, K: k.cluster.Network.K, State: k.state, Message: k.message,
		Nodes: nodes, Kubeconfig: k.cluster.Kubeconfig(),
	}
	for _, c := range k.components {
		s.Components = append(s.Components, ComponentStatus{c.Name, c.pid, c.state, c.restarts, c.last})
	}
	return s
}

// nodeStatus asks the apiserver, but not for long: status must answer when
// the cluster does not.
func (k *Keeper) nodeStatus(ctx context.Context) []NodeStatus {
	nodes := []NodeStatus{}
	for i := range k.cluster.Nodes {
		nodes = append(nodes, NodeStatus{Name: k.cluster.NodeName(i), Address: k.cluster.NodeAddress(i)})
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	response, err := k.api.Get(ctx, "/api/v1/nodes")
	if err != nil {
		return nodes
	}
	defer response.Body.Close()
	var list struct{ Items []object }
	if json.NewDecoder(response.Body).Decode(&list) != nil {
		return nodes
	}
	for _, item := range list.Items {
		for i := range nodes {
			if nodes[i].Name == item.Metadata.Name {
				nodes[i].Ready, _ = nodeReady(item)
			}
		}
	}
	return nodes
}

// handleWait streams what has happened and what happens until the cluster is
// ready or has failed.
func (k *Keeper) handleWait(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	encoder := json.NewEncoder(w)
	flush := http.NewResponseController(w)
	for sent := 0; ; {
		events, changed, final := k.eventsFrom(sent)
		for _, e := range events {
			if encoder.Encode(e) != nil {
				return
			}
		}
		flush.Flush()
		sent += len(events)
		if final {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (k *Keeper) handleStop(w http.ResponseWriter, _ *http.Request) {
	if err := k.Stop(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	// Serve ends after the answer is out.
	http.NewResponseController(w).Flush()
	go close(k.exit)
}

func (k *Keeper) handleRestart(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("component")
	if err := k.restart(name); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
	}
}
