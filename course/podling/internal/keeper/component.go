package keeper

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"kubelab.dev/podling/internal/component"
	"kubelab.dev/podling/internal/settle"
)

// A component that ends is started again, at once at first, then slower; one
// that has run for a while starts again at once.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
	netBackoff   = time.Second // at most, for net: every program's calls wait for it
	goodRun      = 10 * time.Second
	// While the cluster starts, a component that keeps ending will not mend.
	triesToStart = 5
)

// running is a component as the keeper has it.
type running struct {
	component.Component
	pid      int
	state    string // waiting, running, failed
	restarts int
	last     string        // how it ended last
	since    time.Time     // when its process began, or ended
	held     chan struct{} // not nil: a person stopped it; closed when it may start again
	asked    bool          // its end was asked for, and is no failure
	turned   chan struct{} // closed and replaced when its process begins or ends
}

// keepRunning starts a component and restarts it until the cluster stops.
func (k *Keeper) keepRunning(r *running) {
	backoff, most := firstBackoff, lastBackoff
	if r.Socket {
		most = netBackoff
	}
	for {
		if !k.whenWanted(r) {
			return
		}
		began := time.Now()
		ended, err := k.startComponent(r)
		if err == nil {
			err = describeEnd(<-ended)
			if k.children.isStopping() {
				return
			}
			if words := lastWords(k.logPath(r.Name)); words != "" {
				err = fmt.Errorf("%w: %s", err, words)
			}
		}
		restarted := k.noteEnd(r, err)
		if r.Name == "etcd" && !k.reached("apiserver") {
			k.emptyEtcd()
		}
		if restarted {
			backoff = firstBackoff
			continue
		}
		if time.Since(began) > goodRun {
			backoff = firstBackoff
		}
		select {
		case <-k.stopped:
			return
		case <-time.After(backoff):
			backoff = min(2*backoff, most)
		}
	}
}

func (k *Keeper) startComponent(r *running) (<-chan syscall.WaitStatus, error) {
	log, err := os.OpenFile(k.logPath(r.Name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	files := []uintptr{null.Fd(), log.Fd(), log.Fd()}
	if r.Socket {
		end, err := k.launches.newNet()
		if err != nil {
			return nil, err
		}
		defer end.Close()
		files = append(files, end.Fd())
		for _, f := range k.names {
			files = append(files, f.Fd())
		}
	}
	files, env := k.apiReady.Give(files, append(os.Environ(), settle.StartGOGC))
	files, env = k.ready.Give(files, env)
	pid, ended, err := k.children.start(k.argv(r), env, files)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	r.pid, r.state = pid, "running"
	r.turn()
	k.mu.Unlock()
	return ended, nil
}

func (k *Keeper) argv(r *running) []string {
	argv := append([]string{k.cluster.Binary("podling")}, r.Args...)
	if !r.Launched {
		return argv
	}
	launch := []string{
		k.cluster.Binary("podling-launch"), "launch",
		"--socket", k.cluster.LaunchSocket(), "--context", "node", "--name", r.Name,
	}
	if r.FakeIDs {
		launch = append(launch, "--fake-ids")
	}
	return append(append(launch, "--"), argv...)
}

// whenWanted returns when a component may start; false when the cluster stops.
func (k *Keeper) whenWanted(r *running) bool {
	k.mu.Lock()
	held := r.held
	if held != nil {
		r.state = "stopped"
	}
	k.mu.Unlock()
	if held == nil {
		return true
	}
	select {
	case <-held:
		return true
	case <-k.stopped:
		return false
	}
}

// turn tells those who wait for the process; the caller holds Keeper.mu.
func (r *running) turn() {
	r.since = time.Now()
	close(r.turned)
	r.turned = make(chan struct{})
}

// noteEnd says whether the end was asked for.
func (k *Keeper) noteEnd(r *running, err error) (asked bool) {
	k.mu.Lock()
	asked = r.asked
	r.pid, r.state, r.asked = 0, "waiting", false
	r.turn()
	if asked {
		k.mu.Unlock()
		k.logf("%s was ended on request", r.Name)
		return true
	}
	r.last = err.Error()
	r.restarts++
	tries := r.restarts
	k.mu.Unlock()
	k.logf("%s ended: %v", r.Name, err)
	if tries >= triesToStart && !k.isReady() {
		k.fail(fmt.Sprintf("%s ended %d times, last: %v (log: %s)", r.Name, tries, err, k.logPath(r.Name)))
	}
	return false
}

// emptyEtcd takes away what an etcd has written that died before the API has
// answered. One that dies while it makes its log finds the log later, but no
// member in it, and waits for a leader for ever. The apiserver begins anew as
// well: what it may have written is gone.
func (k *Keeper) emptyEtcd() {
	if err := os.RemoveAll(k.cluster.Path("data", "etcd")); err != nil {
		k.logf("etcd's files could not be removed: %v", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.components {
		if r.Name == "apiserver" && r.pid != 0 {
			syscall.Kill(r.pid, syscall.SIGKILL)
		}
	}
}

func (k *Keeper) logPath(name string) string { return k.cluster.Path("logs", name+".log") }

func describeEnd(s syscall.WaitStatus) error {
	if s.Signaled() {
		return fmt.Errorf("killed by signal %d (%s)", s.Signal(), s.Signal())
	}
	return fmt.Errorf("exit code %d", s.ExitStatus())
}
