package services

import (
	"net/netip"
	"time"
)

// manySticky is when expired clients are swept out.
const manySticky = 1000

// stick keeps a client at the endpoint it had, while that one serves.
func (t *Table) stick(s *Service, client string, candidates []netip.AddrPort, chosen netip.AddrPort) netip.AddrPort {
	t.stickyMu.Lock()
	defer t.stickyMu.Unlock()
	now := time.Now()
	key := stickyKey{s.Name, client}
	if had, ok := t.sticky[key]; ok && now.Before(had.until) {
		for _, c := range candidates {
			if c.Addr() == had.endpoint {
				chosen = c
			}
		}
	}
	if len(t.sticky) >= manySticky {
		for k, v := range t.sticky {
			if now.After(v.until) {
				delete(t.sticky, k)
			}
		}
	}
	t.sticky[key] = stickyTo{chosen.Addr(), now.Add(s.Affinity)}
	return chosen
}
