package podnet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/launch"
	"kubelab.dev/podling/internal/podnet/services"
)

// The test binary is also the launcher and the net process, as the real
// programs are: tests need nothing built, and run as any user.
func TestMain(m *testing.M) {
	launch.OnlyDescendants = true // openers are held to Yama's rule also where there is no Yama
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "launch":
			os.Exit(launch.Main(os.Args[2:]))
		case "net":
			testNet(os.Args[2])
		}
	}
	os.Exit(m.Run())
}

// world is what the test's net knows, in a file that it reads again.
type world struct {
	Services   []*services.Service
	Slices     []*services.Slice
	Nodes      map[string][]netip.Addr
	CrashOnce  string `json:",omitempty"` // while this file exists, a Route removes it and kills net
	ResolvConf string
	K          byte
	Refused    bool // net behaves as under Yama's ptrace_scope 1
	Generation int  // grows with each save
}

type crashing struct {
	*services.Table
	file string
}

func (c crashing) Route(q services.Query) (netip.AddrPort, services.Outcome) {
	if c.file != "" && os.Remove(c.file) == nil {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	}
	return c.Table.Route(q)
}

func testNet(file string) {
	table := services.New()
	load := func() (w world) { // a new one each time: the table has the last one's parts
		b, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(b, &w)
		}
		if err != nil {
			panic(err) // save puts the whole file there at once
		}
		table.ReplaceServices(w.Services)
		table.ReplaceSlices(w.Slices)
		table.ReplaceNodes(w.Nodes)
		return w
	}
	w := load()
	table.MarkSynced()
	go func() {
		var last os.FileInfo
		for ; ; time.Sleep(5 * time.Millisecond) {
			if st, err := os.Stat(file); err == nil && !os.SameFile(st, last) {
				last = st
				os.WriteFile(file+".loaded", []byte(strconv.Itoa(load().Generation)), 0o600)
			}
		}
	}()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	err := Run(context.Background(), Config{Network: testNetwork(w.K), ControlFD: 3, Log: log, Table: crashing{table, w.CrashOnce}, ResolvConf: w.ResolvConf, Refused: w.Refused})
	if err != nil {
		log.Error("net ended", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func testNetwork(k byte) addr.Network {
	n := addr.Network{K: k, FirstFreePort: 1024}
	var p uint16
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if _, err := fmt.Sscan(string(b), &p); err == nil {
			n.FirstFreePort = p
		}
	}
	return n
}

func service(name string, ip string, ports ...services.Port) *services.Service {
	s := &services.Service{Name: services.Name{Namespace: "default", Name: name}, Ports: ports}
	if ip == "" {
		s.Headless = true
	} else {
		s.ClusterIPs = []netip.Addr{netip.MustParseAddr(ip)}
	}
	return s
}

func slice(service string, port uint16, protocol services.Protocol, pods ...byte) *services.Slice {
	s := &services.Slice{Name: services.Name{Namespace: "default", Name: service + "-x"}, Service: service,
		Ports: []services.Port{{Protocol: protocol, Port: port}}}
	for _, p := range pods {
		s.Endpoints = append(s.Endpoints, services.Endpoint{Address: addr.Pod(0, p), Ready: true})
	}
	return s
}
