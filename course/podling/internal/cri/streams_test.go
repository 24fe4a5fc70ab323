package cri_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	utilexec "k8s.io/utils/exec"
)

func TestExecWithStreams(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("exec")
		id := p.start([]string{"sleep", "100"})
		address := func(argv []string, in, errOut, tty bool) string {
			r, err := n.runtime.Exec(within(t, patience), &runtimeapi.ExecRequest{ContainerId: id, Cmd: argv,
				Stdin: in, Stdout: true, Stderr: errOut, Tty: tty})
			if err != nil {
				t.Fatal(err)
			}
			return r.Url
		}
		var out, errOut safeBuffer
		err := stream(t, address([]string{"sh", "-c", "cat; echo err >&2; exit 5"}, true, true, false),
			remotecommand.StreamOptions{Stdin: strings.NewReader("hello\n"), Stdout: &out, Stderr: &errOut})
		var exit utilexec.ExitError
		if !errors.As(err, &exit) || exit.ExitStatus() != 5 || out.String() != "hello\n" || errOut.String() != "err\n" {
			t.Fatalf("%v %q %q", err, out.String(), errOut.String())
		}
		var big safeBuffer
		if err := stream(t, address([]string{"head", "-c", "3000000", "/dev/zero"}, false, false, false),
			remotecommand.StreamOptions{Stdout: &big}); err != nil || len(big.String()) != 3000000 {
			t.Fatalf("%v: %d bytes", err, len(big.String()))
		}
		var screen safeBuffer
		in, typed := io.Pipe()
		go func() { _, _ = typed.Write([]byte("tty; stty size; test -t 0 && echo yes; exit 4\n")) }()
		err = stream(t, address([]string{"sh"}, true, false, true), remotecommand.StreamOptions{Stdin: in, Stdout: &screen, Tty: true,
			TerminalSizeQueue: &oneSize{width: 91, height: 31}})
		if !errors.As(err, &exit) || exit.ExitStatus() != 4 {
			t.Fatalf("tty: %v %q", err, screen.String())
		}
		for _, want := range []string{"/dev/pts/", "31 91", "yes\r\n"} {
			if !strings.Contains(screen.String(), want) {
				t.Errorf("tty: no %q in %q", want, screen.String())
			}
		}
		err = stream(t, address([]string{"nonsense"}, false, false, false), remotecommand.StreamOptions{Stdout: &out})
		if err == nil || !strings.Contains(err.Error(), `exec: "nonsense": executable file not found in $PATH`) {
			t.Errorf("nonsense: %v", err)
		}
	})
}

type oneSize struct {
	width, height uint16
	sent          bool
}

func (s *oneSize) Next() *remotecommand.TerminalSize {
	if s.sent {
		return nil
	}
	s.sent = true
	return &remotecommand.TerminalSize{Width: s.width, Height: s.height}
}

func TestAttach(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("attach")
		attach := func(id string, tty bool, options remotecommand.StreamOptions) error {
			r, err := n.runtime.Attach(within(t, patience), &runtimeapi.AttachRequest{ContainerId: id,
				Stdin: options.Stdin != nil, Stdout: true, Stderr: !tty, Tty: tty})
			if err != nil {
				t.Fatal(err)
			}
			return stream(t, r.Url, options)
		}
		// Input reaches the main process, its end too; the container's end ends the session.
		id := p.start([]string{"sh", "-c", "while read l; do echo got $l; done; echo closed"}, func(c *runtimeapi.ContainerConfig) {
			c.Stdin, c.StdinOnce = true, true
		})
		var out, errOut safeBuffer
		if err := attach(id, false, remotecommand.StreamOptions{Stdin: strings.NewReader("a\nb\n"), Stdout: &out, Stderr: &errOut}); err != nil {
			t.Fatal(err)
		}
		if out.String() != "got a\ngot b\nclosed\n" || n.log(id) != "stdout F got a\nstdout F got b\nstdout F closed\n" {
			t.Fatalf("%q %q", out.String(), n.log(id))
		}
		id = p.start([]string{"sh"}, func(c *runtimeapi.ContainerConfig) { c.Stdin, c.Tty = true, true })
		var screen safeBuffer
		if err := attach(id, true, remotecommand.StreamOptions{Stdin: strings.NewReader("tty; exit 6\n"), Stdout: &screen, Tty: true}); err != nil {
			t.Fatal(err)
		}
		if s := n.exited(id); s.ExitCode != 6 || !strings.Contains(screen.String(), "/dev/pts/") {
			t.Fatalf("%d %q", s.ExitCode, screen.String())
		}
	})
}

func TestPortForwardReachesThePodsAddress(t *testing.T) {
	n := startNode(t, "auto")
	n.pull(busybox)
	p := n.pod("forward")
	// Without the network's filter the server must bind the carrying address itself.
	at := fmt.Sprintf("127.%d.0.2:8080", testNetwork().K)
	p.start([]string{"sh", "-c", "echo page >/tmp/index.html; httpd -f -p " + at + " -h /tmp"})
	until(t, "the server listens", func() bool {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	r, err := n.runtime.PortForward(within(t, patience), &runtimeapi.PortForwardRequest{PodSandboxId: p.id, Port: []int32{8080}})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(r.Url)
	transport, upgrader, err := spdy.RoundTripperFor(&rest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	defer close(stop)
	forwarder, err := portforward.New(spdy.NewDialer(upgrader, &http.Client{Transport: transport}, "POST", u),
		[]string{"0:8080", "0:8081"}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = forwarder.ForwardPorts() }()
	<-ready
	ports, err := forwarder.GetPorts()
	if err != nil {
		t.Fatal(err)
	}
	get := func(port uint16) (string, error) {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort("localhost", itoa(port)), patience)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		body, err := io.ReadAll(conn)
		return string(body), err
	}
	if body, err := get(ports[0].Local); err != nil || !strings.HasSuffix(body, "page\n") {
		t.Fatalf("%v %q", err, body)
	}
	if body, _ := get(ports[1].Local); body != "" {
		t.Fatalf("a closed port answered %q", body)
	}
}
