package keeper

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"kubelab.dev/podling/internal/addr"
)

// balancer gives Services of type LoadBalancer their addresses, as a cloud's
// controller does. The pod network does the balancing: it takes the addresses
// from the Services' status.
type balancer struct {
	api   *apiClient
	taken map[string]netip.Addr // by the Service's uid
	logf  func(string, ...any)
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

// balanceLoads gives load balancers their addresses until the cluster stops.
func (k *Keeper) balanceLoads() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-k.stopped; cancel() }()
	(&balancer{api: k.api, logf: k.logf}).balance(ctx)
}

// balance runs until ctx is done.
func (b *balancer) balance(ctx context.Context) {
	for ctx.Err() == nil {
		if err := b.follow(ctx); err != nil && ctx.Err() == nil {
			b.logf("load balancers: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond): // the apiserver restarts
		}
	}
}

// follow lists first: a new address must not be one that a Service further
// down the list has.
func (b *balancer) follow(ctx context.Context) error {
	response, err := b.api.get(ctx, "/api/v1/services")
	if err != nil {
		return err
	}
	var list struct {
		Metadata struct{ ResourceVersion string }
		Items    []service
	}
	err = json.NewDecoder(response.Body).Decode(&list)
	response.Body.Close()
	if err != nil {
		return err
	}
	b.taken = map[string]netip.Addr{}
	for _, s := range list.Items {
		b.note(s)
	}
	for _, s := range list.Items {
		b.settle(ctx, s)
	}
	response, err = b.api.get(ctx, "/api/v1/services?watch=1&resourceVersion="+list.Metadata.ResourceVersion)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for decoder := json.NewDecoder(response.Body); ; {
		var event struct {
			Type   string
			Object service
		}
		if decoder.Decode(&event) != nil || event.Type == "ERROR" {
			return nil // the server ends a watch after a while: begin again
		}
		if event.Type == "DELETED" {
			delete(b.taken, event.Object.Metadata.UID)
			continue
		}
		b.note(event.Object)
		b.settle(ctx, event.Object)
	}
}

func (s service) wants() bool {
	return s.Spec.Type == "LoadBalancer" && s.Spec.LoadBalancerClass == nil
}

// note takes down the address that a Service has already.
func (b *balancer) note(s service) {
	for _, i := range s.Status.LoadBalancer.Ingress {
		if s.wants() && addr.LoadBalancerRange.Contains(i.IP) {
			b.taken[s.Metadata.UID] = i.IP
		}
	}
}

// settle gives a Service its address, or takes it from one that is no load
// balancer any more.
func (b *balancer) settle(ctx context.Context, s service) {
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
		b.logf("load balancer %s/%s: %v", s.Metadata.Namespace, s.Metadata.Name, err)
	}
}

func (b *balancer) choose(s service) (netip.Addr, error) {
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
	candidates := addr.LoadBalancers()
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
func (b *balancer) write(ctx context.Context, s service, ingress []map[string]string) error {
	path := fmt.Sprintf("/api/v1/namespaces/%s/services/%s/status", s.Metadata.Namespace, s.Metadata.Name)
	return b.api.send(ctx, http.MethodPatch, path, "application/merge-patch+json", map[string]any{
		"metadata": map[string]any{"uid": s.Metadata.UID},
		"status":   map[string]any{"loadBalancer": map[string]any{"ingress": ingress}},
	})
}
