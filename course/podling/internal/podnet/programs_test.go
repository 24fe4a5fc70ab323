package podnet

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubelab.dev/podling/internal/podnet/services"
)

// nginx finds the program: on PATH, or where NGINX says (an unpacked package).
func nginx(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("NGINX"); p != "" {
		return p
	}
	for _, p := range []string{"nginx", "/usr/sbin/nginx"} {
		if p, err := exec.LookPath(p); err == nil {
			return p
		}
	}
	t.Skip("this machine has no nginx (set NGINX to one)")
	return ""
}

func (l *lab) nginx(i byte, http string, wait string) {
	l.t.Helper()
	program := nginx(l.t)
	dir := filepath.Join(l.dir, fmt.Sprintf("nginx%d", i))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	conf := fmt.Sprintf(`daemon off; master_process on; worker_processes 1; pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
%[2]s }`, dir, http)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644); err != nil {
		l.t.Fatal(err)
	}
	l.start(append(l.pod(i), "--fake-ids"), program, "-p", dir, "-c", filepath.Join(dir, "conf"))
	l.answers(i, wait)
}

func TestNginxListensOnBothFamiliesOfPort80(t *testing.T) {
	l := newLab(t, world{})
	l.nginx(5, `server { listen 80; listen [::]:80 ipv6only=on; location / { return 200 "nginx"; } }`, "80")
	l.nginx(6, `server { listen 80 default_server; listen [::]:80 default_server; location / { return 200 "other"; } }`, "80")
	l.nginx(7, `server { listen [::]:80 ipv6only=off; location / { return 200 "dual"; } }`, "80")
	l.want("nginx", l.pod(6), curl("http://10.244.0.5/")...)
	l.want("nginx", l.pod(5), curl("http://localhost/")...)
	l.want("other", l.pod(6), curl("http://[::1]/")...)
	l.want("dual", l.pod(7), curl("http://localhost/")...)
}

// nginx keeps the address of its upstream for ever.
func TestAnAddressThatAProgramKeepsStaysTheServices(t *testing.T) {
	l := newLab(t, world{
		Services: []*services.Service{service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP})},
		Slices:   []*services.Slice{slice("web", 8080, services.TCP, 5)},
	})
	l.web(5, "8080", "five")
	l.web(6, "8080", "six")
	l.nginx(7, `server { listen 80; location / { proxy_pass http://10.96.0.20; } }`, "80")
	l.want("five", asLab, curl("http://10.244.0.7/")...)
	l.world.Slices = []*services.Slice{slice("web", 8080, services.TCP, 6)}
	l.reload()
	l.want("six", asLab, curl("http://10.244.0.7/")...)
}

func TestConnectsWaitForTheNextNet(t *testing.T) {
	l := newLab(t, world{})
	l.web(5, "80", "five")
	l.start(l.pod(6), "sleep", "60")
	// A program that is there before net dies, and connects while there is none.
	type result struct {
		out string
		err error
	}
	got, gate := make(chan result, 1), l.fifo("go")
	go func() {
		out, err := l.run(asLab, "sh", "-c", "read line < "+gate+"; curl -sS --noproxy '*' http://10.244.0.5/")
		got <- result{out, err}
	}()
	there := l.held(gate)
	l.killNet()
	there.WriteString("\n")
	launched := make(chan result, 1)
	go func() { // and one that is launched meanwhile
		out, err := l.run(asLab, curl("http://10.244.0.5/")...)
		launched <- result{out, err}
	}()
	select {
	case r := <-got:
		t.Fatalf("it did not wait: %q %v", r.out, r.err)
	case r := <-launched:
		t.Fatalf("a launch did not wait: %q %v", r.out, r.err)
	case <-time.After(600 * time.Millisecond):
	}
	l.startNet()
	for _, c := range []chan result{got, launched} {
		if r := <-c; r.err != nil || r.out != "five" {
			t.Errorf("after net came back: %q %v", r.out, r.err)
		}
	}
}

// The kernel does not give a notification twice: the journal does.
func TestACallThatNetDiedOverIsAnsweredByTheNext(t *testing.T) {
	crash := filepath.Join(t.TempDir(), "crash")
	l := newLab(t, world{
		Services:  []*services.Service{service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP})},
		Slices:    []*services.Slice{slice("web", 8080, services.TCP, 5)},
		CrashOnce: crash,
	})
	l.web(5, "8080", "five")
	if err := os.WriteFile(crash, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() {
		out, err := l.run(asLab, curl("http://10.96.0.20/")...)
		done <- fmt.Sprint(out, err)
	}()
	<-l.done // net killed itself in the middle of the call
	l.startNet()
	if out := <-done; out != "five<nil>" {
		t.Errorf("got %q", out)
	}
}

// Calls at every stage of being answered, while net dies over and over.
func TestNoConnectFailsWhileNetDiesAgainAndAgain(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{
		Services: []*services.Service{service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP})},
		Slices:   []*services.Slice{slice("web", 8080, services.TCP, 5, 6)},
	})
	for _, i := range []byte{5, 6} {
		l.start(l.pod(i), "python3", "-c", "import socket\ns=socket.socket(); s.setsockopt(1,2,1); s.bind(('',8080)); s.listen(512)\nwhile True: s.accept()[0].close()")
		l.answers(i, "8080")
	}
	script := `
import os, socket, sys, threading, time
busy, enough = sys.argv[1:]
n, bad = [0], []
def work():
    while n[0] < 100 or not os.path.exists(enough):
        try:
            s = socket.socket(); s.connect(('10.96.0.20', 80)); s.close(); n[0] += 1; time.sleep(0.002)
        except Exception as e: bad.append(repr(e)); break
all = [threading.Thread(target=work) for _ in range(20)]
for t in all: t.start()
while n[0] < 20 and not bad: time.sleep(0.005)
open(busy, 'w')
for t in all: t.join()
print('bad', bad) if bad else print('good')`
	out := make(chan string, 2)
	busy, enough := filepath.Join(l.dir, "busy"), filepath.Join(l.dir, "enough")
	for i, flags := range [][]string{asLab, l.pod(7)} {
		go func() {
			o, err := l.run(flags, "python3", "-c", script, busy+strconv.Itoa(i), enough)
			out <- fmt.Sprint(o, err)
		}()
	}
	l.until("both programs connect", func() bool {
		_, err0 := os.Stat(busy + "0")
		_, err1 := os.Stat(busy + "1")
		return err0 == nil && err1 == nil
	})
	for range 15 {
		l.killNet()
		l.startNet()
		time.Sleep(150 * time.Millisecond) // each net dies at another stage
	}
	if err := os.WriteFile(enough, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if o := <-out; o != "good<nil>" {
			t.Errorf("%.500s", o)
		}
	}
}

func TestASignalToPidOneReachesTheContainersAgent(t *testing.T) {
	l := newLab(t, world{})
	// sh is what PRoot is to a container; the subshell is its agent.
	armed := l.fifo("armed")
	script := `(trap 'echo got TERM; exit 0' TERM; echo >` + armed + `; while :; do sleep 0.02; done) & read line <` + armed + `; kill -0 1 && kill -9 1 && kill -TERM 1 && wait`
	l.want("got TERM", append(l.pod(5), "--own-pid-one"), "sh", "-c", script)
	script = strings.Replace(script, "kill -TERM 1", "kill -TERM -1", 1)
	l.want("got TERM", append(l.pod(5), "--own-pid-one"), "sh", "-c", script)
	need(t, "python3")
	l.want("refused", append(l.pod(5), "--own-pid-one"), "python3", "-c",
		"import os\ntry:\n os.pidfd_open(1)\nexcept PermissionError: print('refused')")
}

func TestAProgramSeesTheHostNameThatItIsGiven(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{})
	l.want("web-0 web-0 Linux", append(l.pod(5), "--hostname", "web-0"), "python3", "-c",
		"import os, socket; print(socket.gethostname(), os.uname().nodename, os.uname().sysname)")
	own, _ := os.Hostname()
	l.want(own, l.pod(5), "python3", "-c", "import socket; print(socket.gethostname())")
}

func TestFakeIDsSucceedAndDoNothing(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{})
	l.want("same", append(l.pod(5), "--fake-ids"), "python3", "-c",
		"import os; b=os.getresuid(); os.setgroups([1]); os.setgid(33); os.setuid(33); open('f','w'); os.chown('f',33,33); print('same' if os.getresuid()==b else os.getresuid())")
}

func TestUnixSocketsAreLeftAlone(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{})
	// 16 and 28 bytes are the lengths of Internet addresses too.
	for _, path := range []string{"u", "unix.socket.1", "a-longer-path-to.sock.txt"} {
		l.want("hello", l.pod(5), "python3", "-c", `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1]); c.send(b'hello')
print(s.accept()[0].recv(9).decode())`, path)
	}
}

func TestALaunchFailsWithAReason(t *testing.T) {
	l := newLab(t, world{})
	out, err := l.run(asLab, "/no/such/program")
	if err == nil || !strings.Contains(out, "no such file") {
		t.Errorf("%q %v", out, err)
	}
	self, _ := os.Executable()
	out, err = l.run(asLab, self, "launch", "--socket", l.socket(), "--context", "lab", "--", "true")
	if err == nil || !strings.Contains(out, "already runs in a cluster's network") {
		t.Errorf("nested: %q %v", out, err)
	}
}

// A cluster's program must be as fast to connect as any.
func TestARewrittenConnectCostsWellBelowAMillisecond(t *testing.T) {
	need(t, "python3")
	l := newLab(t, world{
		Services: []*services.Service{service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP})},
		Slices:   []*services.Slice{slice("web", 8080, services.TCP, 5)},
	})
	l.start(l.pod(5), "python3", "-c", "import socket\ns=socket.socket(); s.setsockopt(1,2,1); s.bind(('',8080)); s.listen(512)\nwhile True: s.accept()[0].close()")
	l.answers(5, "8080")
	carrier, _ := l.net.Loopback(netip.MustParseAddr("10.244.0.5"))
	script := `
import socket, sys, time
def one(to):
    s = socket.socket(); b = time.perf_counter(); s.connect((to, int(sys.argv[2]))); b = time.perf_counter()-b; s.close(); return b
for _ in range(20): one(sys.argv[1])
all = sorted(one(sys.argv[1]) for _ in range(200))
print(int(all[100]*1e6))`
	measure := func(to, port string, filtered bool) (median int) {
		var out string
		var err error
		if filtered {
			out, err = l.run(l.pod(6), "python3", "-c", script, to, port)
		} else {
			var b []byte
			b, err = exec.Command("python3", "-c", script, to, port).Output()
			out = string(b)
		}
		if _, e := fmt.Sscan(out, &median); e != nil {
			t.Fatalf("%s %v", out, err)
		}
		return median
	}
	// Other programs only ever make a connect slower: the quietest of some
	// rounds is what it costs.
	plain, pod, svc := 1<<30, 1<<30, 1<<30
	for range 5 {
		plain = min(plain, measure(carrier.String(), "8080", false))
		pod = min(pod, measure("10.244.0.5", "8080", true))
		svc = min(svc, measure("10.96.0.20", "80", true))
	}
	t.Logf("connect, median of the quietest round in µs: plain %d, to a pod %d, to a Service %d", plain, pod, svc)
	// 0.1 ms is usual. The limit is no factor of plain: a rewritten connect
	// waits for net to be scheduled, a plain one for nobody.
	if svc > 5000 {
		t.Errorf("a connect to a Service takes %d µs", svc)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.proc.Process.Pid))
	if err == nil {
		for _, line := range strings.Split(string(status), "\n") {
			if strings.HasPrefix(line, "RssAnon") || strings.HasPrefix(line, "Threads") {
				t.Log("net:", line)
			}
		}
	}
}
