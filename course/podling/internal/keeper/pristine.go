package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"kubelab.dev/podling/internal/pristine"
	"kubelab.dev/podling/internal/settle"
)

// pristineState is what POST /baseline remembers; mu lets one request at a
// time work on it, and on etcd.
type pristineState struct {
	mu       sync.Mutex
	baseline *pristine.Baseline
}

// Verified is the answer of GET /verify.
type Verified struct {
	Equal     bool     `json:"equal"`
	Differs   []string `json:"differs"` // at most mostKeys
	Sandboxes int      `json:"sandboxes"`
}

// mostKeys are named in an answer.
const mostKeys = 20

var (
	errNoBaseline = errors.New("there is no baseline to compare with: remember one first (POST /baseline)")
	errNotReady   = errors.New("the cluster is not ready")
)

func (k *Keeper) handleBaseline(w http.ResponseWriter, r *http.Request) {
	k.pristine.mu.Lock()
	defer k.pristine.mu.Unlock()
	err := k.withEtcd(func(e *pristine.Etcd) error {
		taken, err := pristine.Take(r.Context(), e)
		if err == nil {
			k.pristine.baseline = taken
		}
		return err
	})
	answer(w, struct{}{}, err)
}

func (k *Keeper) handleReset(w http.ResponseWriter, r *http.Request) {
	k.pristine.mu.Lock()
	defer k.pristine.mu.Unlock()
	var done Reset
	err := k.releaseAll(r.Context())
	if err == nil {
		err = k.withBaseline(func(e *pristine.Etcd) (err error) {
			done, err = k.reset(r.Context(), e)
			return err
		})
	}
	answer(w, done, err)
}

func (k *Keeper) handleVerify(w http.ResponseWriter, r *http.Request) {
	k.pristine.mu.Lock()
	defer k.pristine.mu.Unlock()
	var v Verified
	err := k.withBaseline(func(e *pristine.Etcd) (err error) {
		v, err = k.verify(r.Context(), e)
		return err
	})
	answer(w, v, err)
}

func (k *Keeper) verify(ctx context.Context, e *pristine.Etcd) (Verified, error) {
	ctx, cancel := context.WithTimeout(ctx, resetWithin)
	defer cancel()
	d, err := k.pristine.baseline.Compare(ctx, e)
	if err != nil {
		return Verified{}, err
	}
	left, err := k.podsLeft(ctx)
	v := Verified{Equal: d.Equal(), Differs: first(d.Keys()), Sandboxes: left.Sandboxes}
	return v, err
}

func (k *Keeper) withBaseline(do func(*pristine.Etcd) error) error {
	if k.pristine.baseline == nil {
		return errNoBaseline
	}
	return k.withEtcd(do)
}

// withEtcd connects for one request: an idle connection would be memory.
func (k *Keeper) withEtcd(do func(*pristine.Etcd) error) error {
	if !k.isReady() {
		return errNotReady
	}
	e, err := pristine.Dial(k.cluster.Path("run", "etcd.sock"))
	if err != nil {
		return err
	}
	defer func() {
		e.Close()
		go settle.Now()
	}()
	return do(e)
}

func answer(w http.ResponseWriter, with any, err error) {
	status := http.StatusInternalServerError
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(with)
		return
	case errors.Is(err, pristine.ErrPods), errors.Is(err, errNoBaseline), errors.Is(err, errNotReady):
		status = http.StatusConflict
	}
	http.Error(w, err.Error(), status)
}

func first(keys []string) []string {
	return append([]string{}, keys[:min(len(keys), mostKeys)]...)
}
