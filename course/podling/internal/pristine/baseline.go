package pristine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	quietFor  = 500 * time.Millisecond
	quietLook = 50 * time.Millisecond
	// QuietWithin is how long the control plane may take to come to rest.
	QuietWithin = 20 * time.Second
)

// ErrPods says that pods run, which no baseline can have: their containers
// could not be brought back.
var ErrPods = errors.New("a baseline has no pods")

// Baseline is what etcd held when the cluster was pristine.
type Baseline struct {
	entries  map[string]*entry
	revision int64 // up to which the history may be forgotten
}

// entry is one key: its value, and the revision at which it last had it. A key
// at the same revision has the same value, so most values need not be read.
type entry struct {
	value    []byte
	revision int64
	order    int64 // the revision that first gave it the value: what follows from others has a later one
}

// Take waits until the control plane is quiet and remembers what there is.
func Take(ctx context.Context, e *Etcd) (*Baseline, error) {
	ctx, cancel := context.WithTimeout(ctx, QuietWithin)
	defer cancel()
	w := &wait{revisions: map[string]int64{}, changes: map[string]int{}}
	for {
		b, err := w.take(ctx, e)
		if b != nil || err != nil {
			return b, w.explain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil, w.explain(ctx, ctx.Err())
		case <-time.After(quietLook):
		}
	}
}

// wait follows the keys until none changes any more.
type wait struct {
	revisions map[string]int64
	changes   map[string]int // how often a key was seen changed
	since     time.Time      // the last change
}

// take is the baseline if it has been quiet for long enough, else nil.
func (w *wait) take(ctx context.Context, e *Etcd) (*Baseline, error) {
	answer, err := e.keys(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]int64{}
	for _, kv := range answer.Kvs {
		key := string(kv.Key)
		if strings.HasPrefix(key, podPrefix) {
			return nil, fmt.Errorf("%w, and %s is there: delete it first", ErrPods, key)
		}
		if settles(key) {
			seen[key] = kv.ModRevision
		}
	}
	if w.note(seen, time.Now()) < quietFor {
		return nil, nil
	}
	full, err := e.everything(ctx)
	if err != nil {
		return nil, err
	}
	b := &Baseline{entries: map[string]*entry{}, revision: full.Header.Revision}
	for _, kv := range full.Kvs {
		key := string(kv.Key)
		if settles(key) && seen[key] != kv.ModRevision {
			return nil, nil // changed between the two questions: look again
		}
		if k := kindOf(key); k != ignored && k != event {
			b.entries[key] = &entry{kv.Value, kv.ModRevision, kv.ModRevision}
		}
	}
	return b, nil
}

// settles says of a key that it comes to rest once nothing happens.
func settles(key string) bool { return kindOf(key) == object }

// note compares with the look before; it returns how long it has been quiet.
func (w *wait) note(seen map[string]int64, now time.Time) time.Duration {
	first := w.since.IsZero()
	changed := first
	for key, revision := range seen {
		if w.revisions[key] != revision {
			changed = true
			if !first {
				w.changes[key]++
			}
		}
	}
	for key := range w.revisions {
		if _, there := seen[key]; !there {
			changed = true
			w.changes[key]++
		}
	}
	if changed {
		w.since = now
	}
	w.revisions = seen
	return now.Sub(w.since)
}

// explain says which keys did not come to rest.
func (w *wait) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || len(w.changes) == 0 {
		return err
	}
	var keys []string
	for key := range w.changes {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return w.changes[b] - w.changes[a] })
	return fmt.Errorf("the control plane did not come to rest within %s; these keys kept changing: %s",
		QuietWithin, strings.Join(keys[:min(len(keys), 10)], ", "))
}
