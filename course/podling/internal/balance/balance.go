// Package balance gives Services of type LoadBalancer their addresses, as a
// cloud's controller does. The network does the balancing: it takes the
// addresses from the Services' status.
package balance

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"kubelab.dev/podling/internal/kube"
)

// Balancer gives out the addresses of a pool, in their order.
type Balancer struct {
	API      *kube.Client
	Pool     []netip.Addr
	Announce func(taken []netip.Addr) // told of the addresses in use, when that changes; nil: nobody
	Logf     func(string, ...any)

	taken     map[string]netip.Addr // by the Service's uid
	announced []netip.Addr
}

// service is what the balancer needs of one.
type service struct {
	Metadata struct{ Namespace, Name, UID string }
	Spec     struct {
		Type              string
		LoadBalancerIP    string
		LoadBalancerClass *string
	}
	Status struct {
		LoadBalancer struct{ Ingress []struct{ IP netip.Addr } }
	}
}

// Run works until ctx is done.
func (b *Balancer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := b.follow(ctx); err != nil && ctx.Err() == nil {
			b.Logf("load balancers: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond): // the apiserver restarts
		}
	}
}

// follow lists first: a new address must not be one that a Service further
// down the list has.
func (b *Balancer) follow(ctx context.Context) error {
	return kube.Follow(ctx, b.API, "/api/v1/services", func(all []service) {
		b.taken = map[string]netip.Addr{}
		for _, s := range all {
			b.note(s)
		}
		for _, s := range all {
			b.settle(ctx, s)
		}
		b.announce()
	}, func(event kube.Event[service]) {
		if event.Type == "DELETED" {
			delete(b.taken, event.Object.Metadata.UID)
		} else {
			b.note(event.Object)
			b.settle(ctx, event.Object)
		}
		b.announce()
	})
}

func (b *Balancer) announce() {
	taken := slices.SortedFunc(maps.Values(b.taken), netip.Addr.Compare)
	if b.Announce != nil && !slices.Equal(taken, b.announced) {
		b.Announce(taken)
		b.announced = taken
	}
}

func (s service) wants() bool {
	return s.Spec.Type == "LoadBalancer" && s.Spec.LoadBalancerClass == nil
}

// note takes down the address that a Service has already.
func (b *Balancer) note(s service) {
	for _, i := range s.Status.LoadBalancer.Ingress {
		if s.wants() && slices.Contains(b.Pool, i.IP) {
			b.taken[s.Metadata.UID] = i.IP
		}
	}
}

// settle gives a Service its address, or takes it from one that is no load
// balancer any more.
func (b *Balancer) settle(ctx context.Context, s service) {
	has := len(s.Status.LoadBalancer.Ingress) > 0
	var err error
	switch {
	case s.wants() && !has:
		var a netip.Addr
		if a, err = b.choose(s); err == nil {
			err = b.write(ctx, s, []map[string]string{{"ip": a.String()}})
		}
	case !s.wants() && s.Spec.LoadBalancerClass == nil && has:
		delete(b.taken, s.Metadata.UID)
		err = b.write(ctx, s, nil)
	}
	if err != nil && ctx.Err() == nil { // deleted or changed meanwhile: the next event says more
		b.Logf("load balancer %s/%s: %v", s.Metadata.Namespace, s.Metadata.Name, err)
	}
}

func (b *Balancer) choose(s service) (netip.Addr, error) {
	if a, known := b.taken[s.Metadata.UID]; known { // our write is under way
		return a, nil
	}
	free := func(a netip.Addr) bool {
		for _, other := range b.taken {
			if other == a {
				return false
			}
		}
		return true
	}
	wanted, _ := netip.ParseAddr(s.Spec.LoadBalancerIP)
	candidates := b.Pool
	if slices.Contains(candidates, wanted) {
		candidates = []netip.Addr{wanted}
	}
	for _, a := range candidates {
		if free(a) {
			b.taken[s.Metadata.UID] = a
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no address of %v is free", candidates[0])
}

// write names the uid, so that a Service of the same name that came meanwhile
// does not get it.
func (b *Balancer) write(ctx context.Context, s service, ingress []map[string]string) error {
	path := fmt.Sprintf("/api/v1/namespaces/%s/services/%s/status", s.Metadata.Namespace, s.Metadata.Name)
	return b.API.Send(ctx, http.MethodPatch, path, "application/merge-patch+json", map[string]any{
		"metadata": map[string]any{"uid": s.Metadata.UID},
		"status":   map[string]any{"loadBalancer": map[string]any{"ingress": ingress}},
	})
}
