package launch

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A keeper that is a sibling: this program again, which listens until its
// standard input ends.
func TestMain(m *testing.M) {
	if path := os.Getenv("LAUNCH_TEST_LISTEN"); path != "" {
		if _, err := net.Listen("unix", path); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("x")
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestAGuardIsWantedOnlyWhereYamaAsksForAnAncestor(t *testing.T) {
	if mayTraceAll() {
		t.Skip("this user may trace everything (run the test as another)")
	}
	dir := t.TempDir()
	own, other := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	l, err := net.Listen("unix", own)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), "LAUNCH_TEST_LISTEN="+other)
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer in.Close()
	out.Read(make([]byte, 1))
	defer func(f string) { yamaFile = f }(yamaFile)
	for _, e := range []struct {
		scope, socket string
		wanted        bool
	}{
		{"", other, false}, {"0\n", other, false}, {"1\n", other, true}, {"1\n", own, false},
		{"2\n", other, false}, {"3\n", other, false}, // a guard may not either
	} {
		yamaFile = filepath.Join(dir, "scope")
		os.Remove(yamaFile)
		if e.scope != "" {
			os.WriteFile(yamaFile, []byte(e.scope), 0o600)
		}
		sock, err := dial(e.socket)
		if err != nil {
			t.Fatal(err)
		}
		if got := needsGuard(sock); got != e.wanted {
			t.Errorf("scope %q, keeper %s: %v", e.scope, e.socket, got)
		}
		closeAll([]int{sock})
	}
}

func TestEachPtraceScopeHasItsWords(t *testing.T) {
	for scope, words := range []string{"same user", "launcher was ended", "root", "everybody"} {
		if scope > 0 && !strings.Contains(WhyBlind(scope), words) {
			t.Errorf("%d: %s", scope, WhyBlind(scope))
		}
	}
}

func TestOnlyADescendantDescends(t *testing.T) {
	if !descends(os.Getpid(), os.Getppid()) || !descends(os.Getpid(), os.Getpid()) || descends(os.Getppid(), os.Getpid()) || descends(os.Getpid(), 0) {
		t.Error("wrong about this process and its parent")
	}
}
