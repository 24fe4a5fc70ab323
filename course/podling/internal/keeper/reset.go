package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kubelab.dev/podling/internal/cri"
	"kubelab.dev/podling/internal/pristine"
)

const (
	// resetWithin is when a reset that does not succeed is given up.
	resetWithin = 5 * time.Second
	// seeWithin is what the controllers get to see a change before the next one,
	// at least: on a busy machine it is as long as the keeper's own look took.
	seeWithin = 12 * time.Millisecond
	// lookAgainAfter is the least time between the two looks that must both find
	// the baseline. It covers a controller that tries again what it was refused:
	// five milliseconds later, then ten.
	lookAgainAfter = 20 * time.Millisecond
)

// Reset is the answer of POST /reset.
type Reset struct {
	Deleted  int      `json:"deleted"`
	Restored int      `json:"restored"`
	Pods     int      `json:"pods"`
	Rounds   int      `json:"rounds"`
	Seconds  float64  `json:"seconds"`
	Left     []string `json:"left"`
}

// reset brings the cluster back to the baseline, and looks that it is there.
func (k *Keeper) reset(ctx context.Context, e *pristine.Etcd) (Reset, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, resetWithin)
	defer cancel()
	done := Reset{Left: []string{}}
	for {
		different, err := k.resetOnce(ctx, e, &done)
		done.Seconds = time.Since(began).Seconds()
		switch {
		case err == nil && different == "":
			return done, nil
		// etcd's client may give up an instant before ctx does.
		case ctx.Err() != nil, status.Code(err) == codes.DeadlineExceeded:
			return done, k.notReset(done, different, err)
		case err != nil:
			return done, err
		}
	}
}

// resetOnce is a round; it returns what is still different after it. Etcd is
// looked at while the containers die.
func (k *Keeper) resetOnce(ctx context.Context, e *pristine.Etcd, done *Reset) (different string, err error) {
	began := time.Now()
	d, err := k.pristine.baseline.Compare(ctx, e)
	if err != nil {
		return "", err
	}
	done.Rounds++
	done.Deleted += len(d.New) + d.Events
	done.Restored += len(d.Lost)
	ended := make(chan error, 1)
	go func() {
		n, err := k.endPods(ctx, d.Pods)
		done.Pods += n
		ended <- err
	}()
	different, err = k.undo(ctx, e, d, time.Duration(done.Rounds)*max(seeWithin, time.Since(began)))
	if err := errors.Join(err, <-ended); err != nil || different != "" {
		return different, err
	}
	left, err := k.podsLeft(ctx)
	if err == nil && left != (cri.Pods{}) {
		different = fmt.Sprintf("%d pods and %d containers on the nodes", left.Sandboxes, left.Containers)
	}
	return different, err
}

// undo writes the difference back and looks twice.
func (k *Keeper) undo(ctx context.Context, e *pristine.Etcd, d *pristine.Difference, see time.Duration) (different string, err error) {
	if err := d.Undo(ctx, e, see); err != nil {
		return "", err
	}
	for look := range 2 {
		if look > 0 {
			time.Sleep(lookAgainAfter)
			k.rest(ctx)
		}
		if d, err = k.pristine.baseline.Compare(ctx, e); err != nil {
			return "", err
		}
		if !d.Equal() {
			return strings.Join(first(d.Keys()), ", "), nil
		}
	}
	return "", k.pristine.baseline.Finish(ctx, e, d)
}

func (k *Keeper) notReset(done Reset, different string, err error) error {
	words := fmt.Sprintf("the cluster could not be brought back to its baseline within %s, in %d rounds; throw it away",
		resetWithin, done.Rounds)
	if different != "" {
		words += "; still different: " + different
	}
	if err != nil {
		return fmt.Errorf("%s; %w", words, err)
	}
	return errors.New(words)
}

// endPods ends all that runs in pods, on all nodes at the same time.
func (k *Keeper) endPods(ctx context.Context, uids []string) (sandboxes int, err error) {
	if uids == nil {
		uids = []string{}
	}
	ended, err := k.onNodes(ctx, http.MethodPost, "/pods/end", uids)
	k.children.killOrphans()
	return ended.Sandboxes, err
}

func (k *Keeper) podsLeft(ctx context.Context) (cri.Pods, error) {
	return k.onNodes(ctx, http.MethodGet, "/pods", nil)
}

// onNodes asks every node's runtime, and adds the answers up.
func (k *Keeper) onNodes(ctx context.Context, method, path string, send any) (sum cri.Pods, err error) {
	answers, errs := make([]cri.Pods, k.cluster.Nodes), make([]error, k.cluster.Nodes)
	var all sync.WaitGroup
	for i := range k.cluster.Nodes {
		all.Go(func() {
			if err := k.askNode(ctx, i, method, path, send, &answers[i]); err != nil {
				errs[i] = fmt.Errorf("node %s: %w", k.cluster.NodeName(i), err)
			}
		})
	}
	all.Wait()
	for _, a := range answers {
		sum.Sandboxes += a.Sandboxes
		sum.Containers += a.Containers
	}
	return sum, errors.Join(errs...)
}
