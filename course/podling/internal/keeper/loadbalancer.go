package keeper

import (
	"context"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/balance"
)

// balanceLoads gives load balancers their addresses until the cluster stops.
func (k *Keeper) balanceLoads() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-k.stopped; cancel() }()
	(&balance.Balancer{API: k.api.Client, Pool: addr.LoadBalancers(), Logf: k.logf}).Run(ctx)
}
