package cri

import (
	"errors"
	"net/netip"

	"kubelab.dev/podling/internal/addr"
)

// addresses hands out the node's pod addresses, .2 to .254: those unused so
// far first, then the one that was freed longest ago, because someone may
// still remember a fresh one.
type addresses struct {
	node  byte
	next  int
	freed []byte
}

const lastAddress = 254

func newAddresses(node byte) addresses { return addresses{node: node, next: 2} }

func (a *addresses) take() (netip.Addr, error) {
	if a.next <= lastAddress {
		a.next++
		return addr.Pod(a.node, byte(a.next-1)), nil
	}
	if len(a.freed) == 0 {
		return netip.Addr{}, errors.New("this node has no pod address left (it has 253): delete pods, or start the cluster with more nodes")
	}
	i := a.freed[0]
	a.freed = a.freed[1:]
	return addr.Pod(a.node, i), nil
}

func (a *addresses) free(ip netip.Addr) { a.freed = append(a.freed, ip.As4()[3]) }
