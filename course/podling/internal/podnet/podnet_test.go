package podnet

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/podnet/services"
)

func curl(url string, more ...string) []string {
	return append([]string{"curl", "-sS", "--noproxy", "*", "--max-time", "30", url}, more...)
}

func TestAPodAndAShellReachAPod(t *testing.T) {
	l := newLab(t, world{})
	l.web(5, "80", "five")
	l.web(6, "8080", "six")
	l.want("five", l.pod(6), curl("http://10.244.0.5/")...)
	l.want("six", l.pod(5), curl("http://10.244.0.6:8080/")...)
	l.want("five", asLab, curl("http://10.244.0.5/")...)
	l.want("five", asLab, curl("http://[::ffff:10.244.0.5]/")...)
	l.want("six", asLab, "python3", "-c", "import urllib.request as u; print(u.build_opener(u.ProxyHandler({})).open('http://10.244.0.6:8080/').read().decode())")
	l.want("six", asLab, "busybox", "wget", "-q", "-O-", "http://10.244.0.6:8080/")
	if out, err := l.run(l.pod(5), curl("http://10.244.0.9/")...); err == nil || !strings.Contains(out, "connect") {
		t.Errorf("a pod that does not exist answered: %q %v", out, err)
	}
}

func TestLoopbackInAPodIsThePodsOwn(t *testing.T) {
	l := newLab(t, world{})
	l.web(5, "80", "five")
	l.web(6, "80", "six")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.9.9.9"} {
		l.want("five", l.pod(5), curl("http://"+host+"/")...)
		l.want("six", l.pod(6), curl("http://"+host+"/")...)
	}
	// A server that is bound to loopback, to its own address, and to [::].
	for i, bind := range []string{"127.0.0.1", "10.244.0.7", "::"} {
		port := []string{"8001", "8002", "8003"}[i]
		l.start(l.pod(7), "python3", "-m", "http.server", "--bind", bind, port)
		l.answers(7, port)
	}
	// The same port in many pods.
	l.web(8, "8001", "eight")
	l.want("eight", l.pod(7), curl("http://10.244.0.8:8001/")...)
}

func TestAServiceIsBalancedOverItsReadyEndpoints(t *testing.T) {
	w := world{
		Services: []*services.Service{
			service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP, NodePort: 30080}),
			service("none", "10.96.0.21", services.Port{Port: 80, Protocol: services.TCP}),
			service("sticky", "10.96.0.22", services.Port{Port: 80, Protocol: services.TCP}),
		},
		Slices: []*services.Slice{slice("web", 8080, services.TCP, 5, 6, 7), slice("sticky", 8080, services.TCP, 5, 6)},
		Nodes:  map[string][]netip.Addr{"kubelab-control-plane": {addr.Node(0)}},
	}
	w.Slices[0].Endpoints[2].Ready = false
	w.Services[2].Affinity = time.Minute
	l := newLab(t, w)
	l.web(5, "8080", "five")
	l.web(6, "8080", "six")
	l.web(7, "8080", "seven")
	count := func(flags []string, url string) map[string]int {
		seen := map[string]int{}
		out, err := l.run(flags, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do curl -sS --noproxy '*' --max-time 30 "+url+"; echo; done")
		if err != nil {
			t.Fatalf("%s: %v %s", url, err, out)
		}
		for _, s := range strings.Fields(out) {
			seen[s]++
		}
		return seen
	}
	for _, url := range []string{"http://10.96.0.20/", "http://172.18.0.2:30080/"} {
		for _, from := range [][]string{asLab, l.pod(9)} {
			if s := count(from, url); s["five"] == 0 || s["six"] == 0 || s["five"]+s["six"] != 20 {
				t.Errorf("%s from %v: %v", url, from, s)
			}
		}
	}
	if s := count(l.pod(9), "http://10.96.0.22/"); len(s) != 1 {
		t.Errorf("session affinity: %v", s)
	}
	for _, url := range []string{"http://10.96.0.21/", "http://10.96.0.20:81/", "http://10.96.0.99/", "http://172.18.0.3:30080/"} {
		began := time.Now()
		out, err := l.run(asLab, curl(url)...)
		if err == nil || !strings.Contains(out, "(7)") || time.Since(began) > 15*time.Second { // half of curl's own time
			t.Errorf("%s: %q %v after %v, want refused", url, out, err, time.Since(began))
		}
	}
	l.world.Slices[0].Endpoints = l.world.Slices[0].Endpoints[1:2]
	l.reload()
	if s := count(asLab, "http://10.96.0.20/"); s["six"] != 20 {
		t.Errorf("after an endpoint left: %v", s)
	}
}

func TestUDPAndTCPOfOneServicePortAreToldApart(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{
		Services: []*services.Service{service("both", "10.96.0.30",
			services.Port{Port: 99, Protocol: services.TCP, Name: "t"}, services.Port{Port: 99, Protocol: services.UDP, Name: "u"})},
		Slices: []*services.Slice{
			{Name: services.Name{Namespace: "default", Name: "b"}, Service: "both",
				Ports:     []services.Port{{Name: "t", Protocol: services.TCP, Port: 7001}, {Name: "u", Protocol: services.UDP, Port: 53}},
				Endpoints: []services.Endpoint{{Address: addr.Pod(0, 5), Ready: true}}},
		},
	})
	l.start(l.pod(5), "python3", "-c", `
import socket, threading
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 53))
t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); t.bind(('', 7001)); t.listen()
def tcp():
    while True:
        c, _ = t.accept(); c.sendall(b'tcp'); c.close()
threading.Thread(target=tcp, daemon=True).start()
while True:
    m, who = u.recvfrom(99); u.sendto(b'udp '+m, who)`)
	l.answers(5, "7001")
	l.want("tcp", l.pod(6), "python3", "-c", "import socket; s=socket.create_connection(('10.96.0.30', 99)); print(s.recv(9).decode())")
	l.want("udp a", l.pod(6), "python3", "-c", "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(30); s.connect(('10.96.0.30', 99)); s.send(b'a'); print(s.recv(9).decode())")
	l.want("udp b", asLab, "python3", "-c", "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(30); s.sendto(b'b', ('10.96.0.30', 99)); print(s.recv(9).decode())")
	l.want("udp c", asLab, "python3", "-c", "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(30); s.sendto(b'c', ('10.244.0.5', 53)); print(s.recv(9).decode())")
	l.want("[('10.244.0.5', 80)]", asLab, "python3", "-c", "import socket; print([a[4] for a in socket.getaddrinfo('10.244.0.5', 80, type=socket.SOCK_STREAM)])")
	// A UDP connect that is only to sort addresses does not fail or change.
	l.want("None", asLab, "python3", "-c", "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print(s.connect(('10.96.0.30', 0)))")
	l.want("('10.96.0.30', 80)", asLab, "python3", "-c", "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('10.96.0.30', 80)); print(s.getpeername())")
}
