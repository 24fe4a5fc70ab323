package errand

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serveHere answers with plain children of the test.
func serveHere(t *testing.T) (socket string, started chan int) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	started = make(chan int, 1)
	go Serve(l, func(argv, env []string, files []uintptr) (int, <-chan syscall.WaitStatus, error) {
		path, err := exec.LookPath(argv[0])
		if err != nil {
			return 0, nil, err
		}
		pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{Env: env, Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
		if err != nil {
			return 0, nil, err
		}
		ended := make(chan syscall.WaitStatus, 1)
		go func() {
			var status syscall.WaitStatus
			syscall.Wait4(pid, &status, 0, nil)
			ended <- status
		}()
		started <- pid
		return pid, ended, nil
	})
	return socket, started
}

// send has a shell script run, with text as its input.
func send(t *testing.T, socket, script, text string) (Result, string, error) {
	t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	go func() { io.WriteString(feed, text); feed.Close() }()
	result, err := Send(socket, Request{[]string{"/bin/sh", "-c", script}, []string{"WHO=me", "PATH=/bin:/usr/bin"}},
		[]int{int(in.Fd()), int(out.Fd()), int(out.Fd())})
	in.Close()
	out.Close()
	said, _ := io.ReadAll(read)
	return result, string(said), err
}

func TestACommandHasTheClientsStreamsEnvironmentAndExitCode(t *testing.T) {
	socket, _ := serveHere(t)
	result, said, err := send(t, socket, "read line; echo $WHO said $line; exit 3", "hello\n")
	if err != nil || result.Code != 3 || said != "me said hello\n" {
		t.Fatalf("%+v %q %v", result, said, err)
	}
}

func TestAKilledCommandHasTheCodeOfAShell(t *testing.T) {
	socket, _ := serveHere(t)
	result, _, err := send(t, socket, "kill -9 $$", "")
	if err != nil || result.Code != 137 {
		t.Fatalf("%+v %v", result, err)
	}
}

func TestACommandThatIsNotThereIsSaid(t *testing.T) {
	socket, _ := serveHere(t)
	result, err := Send(socket, Request{Argv: []string{"/no/such/program"}}, []int{0, 1, 2})
	if err != nil || !strings.Contains(result.Error, "no such file") {
		t.Fatalf("%+v %v", result, err)
	}
}

func TestAClientThatGoesTakesItsCommandWithIt(t *testing.T) {
	socket, started := serveHere(t)
	client := exec.Command(os.Args[0], "-test.run", "TestHelperClient")
	client.Env = append(os.Environ(), "ERRAND_SOCKET="+socket)
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	pid := <-started
	client.Process.Kill()
	client.Wait()
	for end := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the command %d still runs", pid)
		}
	}
}

func TestHelperClient(t *testing.T) {
	socket := os.Getenv("ERRAND_SOCKET")
	if socket == "" {
		t.Skip("the client of another test")
	}
	os.Exit(Main([]string{socket, "/bin/sleep", "1000"}))
}
