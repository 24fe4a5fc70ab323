package podnet

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kubelab.dev/podling/internal/podnet/services"
)

func dnsLab(t *testing.T) *lab {
	l := newLab(t, world{
		Services: []*services.Service{service("web", "10.96.0.20", services.Port{Port: 80, Protocol: services.TCP}), service("heads", "")},
		Slices:   []*services.Slice{slice("web", 8080, services.TCP, 5), slice("heads", 8080, services.TCP, 5)},
	})
	conf := "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
	if err := os.WriteFile(filepath.Join(l.dir, "resolv.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	return l
}

// containers are the two executors, each with the pod's resolv.conf.
func (l *lab) containers() map[string][]string {
	conf, tmp := filepath.Join(l.dir, "resolv.conf"), filepath.Join(l.dir, "proot")
	os.Mkdir(tmp, 0o755)
	all := map[string][]string{}
	bwrap := []string{"bwrap", "--unshare-user", "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind", conf, "/etc/resolv.conf", "--bind", tmp, "/mnt", "--"}
	if out, err := exec.Command(bwrap[0], append(bwrap[1:], "true")...).CombinedOutput(); err != nil {
		l.t.Logf("without bwrap, which does not work here: %v %s", err, out)
	} else {
		all["bwrap"] = bwrap
	}
	proot := []string{"env", "PROOT_TMP_DIR=" + tmp, "proot", "-b", conf + ":/etc/resolv.conf", "-b", tmp + ":/mnt"}
	if out, err := exec.Command(proot[0], append(proot[1:], "true")...).CombinedOutput(); err != nil {
		l.t.Logf("without proot, which does not work here: %v %s", err, out)
	} else {
		all["proot"] = proot
	}
	return all
}

func TestProgramsOfGlibcResolveInAPodAndInAShell(t *testing.T) {
	need(t, "python3", "curl")
	l := dnsLab(t)
	l.web(5, "8080", "five")
	for name, container := range l.containers() {
		flags := l.pod(6)
		if name == "proot" {
			flags = append(flags, "--own-pid-one")
		}
		in := func(command ...string) []string { return append(append([]string{}, container...), command...) }
		for _, host := range []string{"web", "web.default", "web.default.svc.cluster.local"} {
			l.want("five", flags, in(curl("http://"+host+"/")...)...)
		}
		l.want("five", flags, in(curl("http://heads:8080/")...)...)
		l.want("{('10.244.0.5', 8080)}", flags, in("python3", "-c", "import socket; print({a[4] for a in socket.getaddrinfo('heads', 8080)})")...)
		l.want("{('10.96.0.20', 80)}", flags, in("python3", "-c", "import socket; print({a[4] for a in socket.getaddrinfo('web', 80)})")...)
		l.want("refused", flags, in("python3", "-c", "import socket\ntry:\n socket.create_connection(('web', 81))\nexcept ConnectionRefusedError: print('refused')")...)
		// The path of a unix socket goes through the container's own view.
		l.want("hello", flags, in("python3", "-c", `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1]); c.send(b'hello'); print(s.accept()[0].recv(9).decode())`, "/mnt/"+name+".sock")...)
		if _, err := os.Stat(filepath.Join(l.dir, "proot", name+".sock")); err != nil {
			t.Errorf("a unix socket made in %s: %v", name, err)
		}
	}
	l.want("five", asLab, curl("http://web/")...)
	l.want("five", asLab, curl("http://web.default/")...)
	l.want("five", asLab, curl("http://web.default.svc.cluster.local/")...)
}

// A machine's name server may be on its loopback, or on IPv6.
func TestTheMachinesNameServersLeadToTheClusters(t *testing.T) {
	need(t, "curl")
	for _, server := range []string{"127.0.0.53", "fd00::53", "192.0.2.53"} {
		l := dnsLab(t)
		if err := os.WriteFile(filepath.Join(l.dir, "resolv.conf"), []byte("nameserver "+server+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		l.killNet()
		l.world.ResolvConf = filepath.Join(l.dir, "resolv.conf")
		l.save()
		l.startNet()
		l.web(5, "8080", "five")
		for name, container := range l.containers() {
			l.want("five", asLab, append(container, curl("http://web/")...)...)
			if server == "127.0.0.53" { // a pod with dnsPolicy Default
				l.want("five", l.pod(6), append(container, curl("http://web.default.svc.cluster.local/")...)...)
			}
			if t.Failed() {
				t.Fatal(server, name)
			}
		}
	}
}

const muslProgram = `
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
int main(int n, char **a) {
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *r;
	int e = getaddrinfo(a[1], a[2], &hints, &r);
	if (e) { puts(gai_strerror(e)); return 1; }
	char s[99]; inet_ntop(AF_INET, &((struct sockaddr_in *)r->ai_addr)->sin_addr, s, sizeof s);
	int f = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(f, r->ai_addr, r->ai_addrlen)) { perror("connect"); return 1; }
	dprintf(f, "GET / HTTP/1.0\r\n\r\n");
	char b[9999]; int l = 0, k; while ((k = read(f, b + l, sizeof b - 1 - l)) > 0) l += k;
	b[l] = 0; printf("%s %s\n", s, strstr(b, "\r\n\r\n") + 4); return 0;
}`

// musl takes an answer only from the address that it asked.
func TestProgramsOfMuslResolve(t *testing.T) {
	need(t, "musl-gcc")
	l := dnsLab(t)
	l.web(5, "8080", "five")
	source, program := filepath.Join(l.dir, "m.c"), filepath.Join(l.dir, "m")
	if err := os.WriteFile(source, []byte(muslProgram), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("musl-gcc", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for name, container := range l.containers() {
		flags := l.pod(6)
		if name == "proot" {
			flags = append(flags, "--own-pid-one")
		}
		in := func(command ...string) []string { return append(append([]string{}, container...), command...) }
		l.want("10.96.0.20 five", flags, in(program, "web", "80")...)
		l.want("10.244.0.5 five", flags, in(program, "heads.default.svc.cluster.local", "8080")...)
	}
	l.want("10.96.0.20 five", asLab, program, "web", "80")
}
