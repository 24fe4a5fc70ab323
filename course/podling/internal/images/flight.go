package images

import (
	"context"
	"sync"
)

// flights merges equal work: who asks for something that is under way waits
// for it. The work is given up only when nobody waits any more.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

type flight struct {
	done    chan struct{}
	waiting int
	cancel  context.CancelFunc
	err     error
	value   string
}

func (f *flights) do(ctx context.Context, key string, work func(context.Context) (string, error)) (string, error) {
	f.mu.Lock()
	if f.all == nil {
		f.all = map[string]*flight{}
	}
	one, running := f.all[key]
	if !running {
		one = &flight{done: make(chan struct{})}
		var inner context.Context
		inner, one.cancel = context.WithCancel(context.WithoutCancel(ctx))
		f.all[key] = one
		go func() {
			one.value, one.err = work(inner)
			f.mu.Lock()
			if f.all[key] == one {
				delete(f.all, key)
			}
			f.mu.Unlock()
			close(one.done)
		}()
	}
	one.waiting++
	f.mu.Unlock()

	select {
	case <-one.done:
		return one.value, one.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		if f.all[key] == one { // the next one who asks starts afresh
			delete(f.all, key)
		}
	}
	return "", ctx.Err()
}
