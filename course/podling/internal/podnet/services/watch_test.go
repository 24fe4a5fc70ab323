package services

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// control is a real etcd and apiserver, from the podling binary.
type control struct {
	t             *testing.T
	program, dir  string
	port          int
	etcd, servers *exec.Cmd
}

func newControl(t *testing.T) *control {
	t.Helper()
	c := &control{t: t, program: os.Getenv("PODLING")}
	if c.program == "" {
		t.Skip("set PODLING to the built podling binary to test with a real apiserver")
	}
	dir, err := os.MkdirTemp("", "svc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.dir, c.port = dir, reserved(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c.file("sa.key", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	c.file("tokens", []byte("secret,admin,admin,system:masters\n"))
	c.etcd = c.start("etcd", "--data-dir="+c.path("etcd"), "--listen-client-urls=unix://"+c.path("e.sock"), "--advertise-client-urls=unix://"+c.path("e.sock"),
		"--listen-peer-urls=unix://"+c.path("p.sock"), "--initial-advertise-peer-urls=unix://"+c.path("p.sock"), "--initial-cluster=default=unix://"+c.path("p.sock"), "--unsafe-no-fsync", "--log-level=error")
	return c
}

// reserved is a port that nobody else gets while the test runs, for a server
// that shares it: a socket is bound to it and does not listen.
func reserved(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	err1 := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	err2 := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	at, err3 := unix.Getsockname(fd)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return at.(*unix.SockaddrInet4).Port
}

func (c *control) path(name string) string { return filepath.Join(c.dir, name) }
func (c *control) file(name string, b []byte) {
	if err := os.WriteFile(c.path(name), b, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *control) start(args ...string) *exec.Cmd {
	c.t.Helper()
	p := exec.Command(c.program, args...)
	p.Dir = c.dir
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log, err := os.Create(c.path(args[0] + ".log"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	p.Stdout, p.Stderr = log, log
	if err := p.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

func (c *control) apiserver() {
	c.servers = c.start("apiserver", "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.port), "--permit-port-sharing", "--advertise-address=172.18.0.2",
		"--etcd-servers=unix://"+c.path("e.sock"), "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC", "--cert-dir="+c.path("certs"),
		"--token-auth-file="+c.path("tokens"), "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+c.path("sa.key"),
		"--service-account-signing-key-file="+c.path("sa.key"), "--endpoint-reconciler-type=lease", "--shutdown-delay-duration=0s")
}

func (c *control) kubeconfig() string {
	c.file("kubeconfig", []byte(fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}}]
users: [{name: a, user: {token: secret}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
`, c.port)))
	return c.path("kubeconfig")
}

// create posts an object, waiting for the apiserver.
func (c *control) create(path, object string) {
	c.t.Helper()
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	last := ""
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		q, _ := http.NewRequest("POST", fmt.Sprintf("https://127.0.0.1:%d%s", c.port, path), bytes.NewBufferString(object))
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Authorization", "Bearer secret")
		r, err := h.Do(q)
		if err != nil {
			last = err.Error()
			continue
		}
		b := new(bytes.Buffer)
		b.ReadFrom(r.Body)
		r.Body.Close()
		if r.StatusCode == http.StatusCreated {
			return
		}
		last = r.Status + " " + b.String()
	}
	c.t.Fatalf("cannot create %s: %s", path, last)
}

func (c *control) service(name, ip string) {
	c.t.Helper()
	c.create("/api/v1/namespaces/default/services", fmt.Sprintf(`{"metadata":{"name":%q},"spec":{"clusterIP":%q,"ports":[{"port":80,"targetPort":8080}]}}`, name, ip))
	c.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", fmt.Sprintf(
		`{"metadata":{"name":"%[1]s-1","labels":{"kubernetes.io/service-name":%[1]q}},"addressType":"IPv4","ports":[{"port":8080,"protocol":"TCP","name":""}],"endpoints":[{"addresses":["10.244.0.5"],"conditions":{"ready":true}}]}`, name))
}

func eventually(t *testing.T, what string, f func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < 60*time.Second {
		if f() {
			return time.Since(began)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
	return 0
}

func TestTheTableFollowsARealApiserverThroughItsRestart(t *testing.T) {
	c := newControl(t)
	table := New()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- table.Watch(ctx, c.path("kubeconfig"), slog.New(slog.DiscardHandler)) }() // before there is anything
	time.Sleep(200 * time.Millisecond)
	c.apiserver()
	c.kubeconfig()
	c.service("web", "10.96.0.20")
	<-table.Synced()
	routed := func(ip string, port uint16) bool {
		_, o := table.Route(Query{To: netip.AddrPortFrom(netip.MustParseAddr(ip), port), Protocol: func() Protocol { return TCP }, Node: -1})
		return o == Routed
	}
	t.Log("a new Service's endpoint was known after", eventually(t, "web", func() bool { return routed("10.96.0.20", 80) }))
	eventually(t, "kubernetes.default", func() bool { return routed("10.96.0.1", 443) })
	for i := 21; i < 31; i++ {
		c.service(fmt.Sprint("s", i), fmt.Sprint("10.96.0.", i))
	}
	c.servers.Process.Kill()
	c.servers.Wait()
	if !routed("10.96.0.20", 80) {
		t.Error("without an apiserver the last state was forgotten")
	}
	time.Sleep(10 * time.Second) // long enough for a back-off to grow beyond the limit below
	c.apiserver()
	c.service("later", "10.96.0.40")
	d := eventually(t, "a Service made after the restart", func() bool { return routed("10.96.0.40", 80) })
	t.Log("after the apiserver's restart the table was current within", d)
	if d > 6*time.Second {
		t.Error("too late")
	}
	cancel()
	<-ended
}
