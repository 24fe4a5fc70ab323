package pristine

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	mvccpb "go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Difference is what makes etcd now unlike the baseline.
type Difference struct {
	New    []string        // keys that the baseline has not
	Lost   map[string]lost // keys that are missing or changed
	Pods   []string        // UIDs of the pods, which are all new
	Events int             // events do not count as a difference

	revision int64
}

// lost is the value to put back, and its place among others.
type lost struct {
	value []byte
	order int64
}

// Equal says that etcd holds what the baseline holds.
func (d *Difference) Equal() bool { return len(d.New) == 0 && len(d.Lost) == 0 }

// Keys are those that differ.
func (d *Difference) Keys() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(d.Lost)), d.New...)))
}

// Compare looks at etcd once.
func (b *Baseline) Compare(ctx context.Context, e *Etcd) (*Difference, error) {
	answer, err := e.keys(ctx)
	if err != nil {
		return nil, err
	}
	d, unsure := b.compareKeys(answer.Kvs)
	d.revision = answer.Header.Revision
	values, err := e.values(ctx, unsure)
	if err != nil {
		return nil, err
	}
	return d, b.compareValues(d, unsure, values)
}

// compareKeys tells by keys and revisions; unsure are those whose values must
// be read.
func (b *Baseline) compareKeys(kvs []*mvccpb.KeyValue) (d *Difference, unsure []string) {
	d = &Difference{Lost: map[string]lost{}}
	there := make(map[string]bool, len(kvs))
	for _, kv := range kvs {
		key := string(kv.Key)
		there[key] = true
		known := b.entries[key]
		switch k := kindOf(key); {
		case k == ignored:
		case k == event:
			d.Events++
		case known == nil:
			d.New = append(d.New, key)
			if strings.HasPrefix(key, podPrefix) {
				unsure = append(unsure, key)
			}
		case k != lease && known.revision != kv.ModRevision:
			unsure = append(unsure, key)
		}
	}
	for key, known := range b.entries {
		if !there[key] && kindOf(key) != lease {
			d.Lost[key] = lost{known.value, known.order}
		}
	}
	return d, unsure
}

// compareValues adds what the values say.
func (b *Baseline) compareValues(d *Difference, unsure []string, values map[string]*mvccpb.KeyValue) error {
	for _, key := range unsure {
		now, known := values[key], b.entries[key]
		switch {
		case known == nil:
			if now != nil {
				d.Pods = append(d.Pods, podUID(now.Value))
			}
		case now == nil: // deleted since the keys were read
			d.Lost[key] = lost{known.value, known.order}
		default:
			same, wanted, err := known.compare(key, now.Value)
			if err != nil {
				return err
			}
			if same {
				known.revision = now.ModRevision
			} else {
				d.Lost[key] = lost{wanted, known.order}
			}
		}
	}
	return nil
}

// compare says whether a value is as good as the entry's, and if not, which
// one is to be written.
func (k *entry) compare(key string, now []byte) (same bool, wanted []byte, err error) {
	if bytes.Equal(k.value, now) {
		return true, nil, nil
	}
	if kindOf(key) != node {
		return false, k.value, nil
	}
	if same, err := sameNode(k.value, now); same || err != nil {
		return same, nil, err
	}
	wanted, err = restoredNode(k.value, now)
	return false, wanted, err
}

// Undo puts back what is lost, and deletes what is new, parents first, and all
// events. After each step the controllers have time to see it, fenced off.
func (d *Difference) Undo(ctx context.Context, e *Etcd, see time.Duration) error {
	if err := e.write(ctx, d.puts()); err != nil {
		return err
	}
	above, below := split(d.New)
	steps := [][]clientv3.Op{deletes(above), deletes(below)}
	if d.Events > 0 {
		steps[1] = append(steps[1], allEvents())
	}
	return e.fenced(ctx, func() error {
		for _, ops := range steps {
			if len(ops) == 0 {
				continue
			}
			if err := e.write(ctx, ops); err != nil {
				return err
			}
			time.Sleep(see)
		}
		return nil
	})
}

// puts are in the order in which the values were first written: a controller
// that gathers a role's rules from other roles sees those first, and finds
// nothing to do. In another order it would write what it has half seen, and,
// late on a busy machine, after the reset's last look.
func (d *Difference) puts() (ops []clientv3.Op) {
	keys := slices.SortedFunc(maps.Keys(d.Lost), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.Lost[a].order, d.Lost[b].order), strings.Compare(a, b))
	})
	for _, key := range keys {
		ops = append(ops, clientv3.OpPut(key, string(d.Lost[key].value)))
	}
	return ops
}

func deletes(keys []string) (ops []clientv3.Op) {
	for _, key := range keys {
		ops = append(ops, clientv3.OpDelete(key))
	}
	return ops
}

// allEvents is the only change to many keys in one revision: no component lives by
// events.
func allEvents() clientv3.Op { return clientv3.OpDelete(eventPrefix, clientv3.WithPrefix()) }

// Finish is for a baseline that has been reached, as d found: it deletes the
// events that came meanwhile, and gives up the history from before the reset
// before this one. A reset makes a lot of it, and the apiserver would forget it
// only after five minutes.
func (b *Baseline) Finish(ctx context.Context, e *Etcd, d *Difference) error {
	if d.Events > 0 {
		if err := e.write(ctx, []clientv3.Op{allEvents()}); err != nil {
			return err
		}
	}
	err := e.compact(ctx, b.revision)
	b.revision = d.revision
	return err
}
