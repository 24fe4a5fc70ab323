package gate

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the child: it says when its gate is open.
func TestMain(m *testing.M) {
	if os.Getenv("GATE_CHILD") != "" {
		os.Stdout.WriteString("waiting\n")
		Wait("TEST")
		os.Stdout.WriteString("open\n")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestAChildWaitsUntilItsGateOpens(t *testing.T) {
	g, err := New("TEST")
	if err != nil {
		t.Fatal(err)
	}
	out, said := start(t, g)
	if line := read(t, out); line != "waiting\n" {
		t.Fatalf("the child said %q", line)
	}
	out.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _ := out.Read(make([]byte, 10)); n > 0 {
		t.Fatal("the child did not wait")
	}
	g.Open()
	if line := read(t, out); line != "open\n" {
		t.Fatalf("the child said %q", line)
	}
	if status := <-said; status != 0 {
		t.Fatalf("exit code %d", status)
	}
}

func TestAChildThatStartsLaterFindsTheGateOpen(t *testing.T) {
	g, err := New("TEST")
	if err != nil {
		t.Fatal(err)
	}
	g.Open()
	out, said := start(t, g)
	if status := <-said; status != 0 {
		t.Fatalf("exit code %d", status)
	}
	if text := read(t, out); !strings.HasSuffix(text, "open\n") {
		t.Fatalf("the child said %q", text)
	}
}

func TestAProcessWithoutTheGateDoesNotWait(t *testing.T) {
	out, err := exec.Command("env", "GATE_CHILD=1", os.Args[0]).Output()
	if err != nil || string(out) != "waiting\nopen\n" {
		t.Fatalf("%v: %q", err, out)
	}
}

// start runs this test's program as a child of the keeper would run.
func start(t *testing.T, g *Gate) (*os.File, <-chan int) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	files, env := g.Give([]uintptr{null.Fd(), write.Fd(), 2}, append(os.Environ(), "GATE_CHILD=1"))
	pid, err := syscall.ForkExec(os.Args[0], []string{os.Args[0]}, &syscall.ProcAttr{Files: files, Env: env})
	write.Close()
	null.Close()
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan int, 1)
	go func() {
		var status syscall.WaitStatus
		syscall.Wait4(pid, &status, 0, nil)
		said <- status.ExitStatus()
	}()
	return read, said
}

func read(t *testing.T, from *os.File) string {
	b := make([]byte, 100)
	from.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := from.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}
