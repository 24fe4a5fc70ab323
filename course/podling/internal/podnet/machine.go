package podnet

import (
	"bufio"
	"bytes"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// resolvConf is the machine's list of name servers, read again when it changes.
type resolvConf struct {
	path string

	mu      sync.Mutex
	checked time.Time
	changed time.Time
	servers []netip.Addr
}

const resolvConfAge = time.Second

// nameServers is the current list; it may be empty.
func (r *resolvConf) nameServers() []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.checked) < resolvConfAge {
		return r.servers
	}
	r.checked = time.Now()
	st, err := os.Stat(r.path)
	if err != nil || st.ModTime().Equal(r.changed) {
		return r.servers // a file that is being replaced comes back
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return r.servers
	}
	r.changed, r.servers = st.ModTime(), parseResolvConf(b)
	return r.servers
}

func parseResolvConf(b []byte) []netip.Addr {
	var all []netip.Addr
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(f[1]); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// udpServed looks for a UDP socket bound to a:p, or to any address and p.
func udpServed(a netip.Addr, p uint16) bool {
	v := a.As4()
	// The kernel prints the address as one number in the machine's order.
	four := hexLittle(v[:])
	port := ":" + strings.ToUpper(leftPad(strconv.FormatUint(uint64(p), 16), 4))
	mapped := "0000000000000000FFFF0000" + four
	return listed("/proc/net/udp", four+port, "00000000"+port) ||
		listed("/proc/net/udp6", mapped+port, strings.Repeat("0", 32)+port)
}

func listed(path string, locals ...string) bool {
	b, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for _, l := range locals {
		// "  sl: LOCAL REMOTE …": the remote one has a space before it, too,
		// but follows another address, not a colon.
		if bytes.Contains(b, []byte(": "+l+" ")) {
			return true
		}
	}
	return false
}

func hexLittle(v []byte) string {
	const digits = "0123456789ABCDEF"
	var s strings.Builder
	for i := len(v) - 1; i >= 0; i-- {
		s.WriteByte(digits[v[i]>>4])
		s.WriteByte(digits[v[i]&15])
	}
	return s.String()
}

func leftPad(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }
