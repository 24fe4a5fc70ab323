package podnet

import (
	"net/netip"
	"sync"
	"time"
)

// memo remembers what a caller's memory said before it was rewritten to a
// Service's endpoint. Some programs keep an address and use it again (nginx's
// upstreams, musl's resolver): they mean the Service, not the endpoint that
// they had last time.
type memo struct {
	mu    sync.Mutex
	known map[memoKey]memoEntry
}

type memoKey struct {
	pid uint32
	ptr uint64
}

type memoEntry struct{ original, rewritten string }

// memoSize bounds a memo; what does not fit is forgotten, which only means
// that the endpoint stays.
const memoSize = 256

func (m *memo) original(pid uint32, ptr uint64, now sockaddr) sockaddr {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.known[memoKey{pid, ptr}]
	if !ok || e.rewritten != string(now) {
		return now
	}
	return sockaddr(e.original)
}

func (m *memo) remember(pid uint32, ptr uint64, original, rewritten sockaddr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= memoSize || m.known == nil {
		m.known = map[memoKey]memoEntry{}
	}
	m.known[memoKey{pid, ptr}] = memoEntry{string(original), string(rewritten)}
}

// v6only is the set of sockets, by inode, that are for IPv6 alone.
type v6only struct {
	mu      sync.Mutex
	sockets map[string]bool
}

const v6onlySize = 1024

func (v *v6only) set(pid uint32, fd uint64, on bool) {
	id, err := inode(pid, fd)
	if err != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !on {
		delete(v.sockets, id)
		return
	}
	if len(v.sockets) >= v6onlySize || v.sockets == nil {
		v.sockets = map[string]bool{}
	}
	v.sockets[id] = true
}

func (v *v6only) has(pid uint32, fd uint64) bool {
	v.mu.Lock()
	none := len(v.sockets) == 0
	v.mu.Unlock()
	if none {
		return false
	}
	id, err := inode(pid, fd)
	if err != nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sockets[id]
}

// flows are where the datagrams of unconnected sockets go.
type flows struct {
	mu    sync.Mutex
	known map[flowKey]flow
}

type flowKey struct {
	socket string
	to     netip.AddrPort
}

type flow struct {
	decision
	until time.Time
}

const (
	flowTime = 30 * time.Second
	flowSize = 1024
)

func (f *flows) find(socket string, to netip.AddrPort) (decision, bool) {
	if socket == "" {
		return decision{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.known[flowKey{socket, to}]
	if !ok || time.Now().After(e.until) {
		return decision{}, false
	}
	return e.decision, true
}

func (f *flows) keep(socket string, to netip.AddrPort, d decision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) >= flowSize || f.known == nil {
		f.known = map[flowKey]flow{}
	}
	f.known[flowKey{socket, to}] = flow{d, time.Now().Add(flowTime)}
}
